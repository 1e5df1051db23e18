// Command standins is pgrep and ipcs, by the name it is called by: critest runs them in its busybox, and Debian's has neither.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	found, err := false, error(nil)
	switch name := filepath.Base(os.Args[0]); {
	case name == "pgrep" && len(os.Args) == 2:
		found, err = pgrep(os.Args[1])
	case name == "ipcs" && len(os.Args) == 2 && os.Args[1] == "-m":
		found, err = true, segments()
	default:
		err = fmt.Errorf("unknown call %q", os.Args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !found {
		os.Exit(1)
	}
}

// pgrep prints the ids of the processes whose name matches, its own left out.
func pgrep(pattern string) (bool, error) {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	found := false
	for _, path := range names {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		name, err := os.ReadFile(path)
		if err != nil || pid == os.Getpid() {
			continue // ended meanwhile
		}
		if wanted.Match(name) {
			found = true
			fmt.Println(pid)
		}
	}
	return found, err
}

// segments prints key, id, owner, mode, bytes and attachments of shared memory segments.
func segments() error {
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return err
	}
	fmt.Println("key        shmid      owner      perms      bytes      nattch")
	for n, line := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		fields := strings.Fields(line)
		if n > 0 && len(fields) > 7 {
			key, _ := strconv.Atoi(fields[0])
			fmt.Printf("0x%08x %-10s %-10s %-10s %-10s %s\n", uint32(key), fields[1], fields[7], fields[2], fields[3], fields[6])
		}
	}
	return nil
}
