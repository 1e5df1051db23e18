// Command nonewprivs prints the effective user it runs as: installed setuid root in an image, it shows whether a container's
// processes can gain privileges.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Printf("Effective uid: %d\n", os.Geteuid())
}
