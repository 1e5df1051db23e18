// Command cri: placeholder.
package main

import (
	_ "google.golang.org/grpc"
	_ "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func main() {}
