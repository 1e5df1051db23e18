// Command cri measures a CRI server as a kubelet sees it: over its socket, without a client's start in the figures.
//
//	cri -table FILE [FILE]
//	cri -socket PATH -pid PID -logs DIR [-n 30] [-many 10,50] [-pull IMAGE] -json FILE
//
// It wants the image -image on the server, or pulls it. FILE gets one object, name of the figure to its value; see bench/cri.sh.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func main() {
	socket := flag.String("socket", "", "the server's socket")
	pid := flag.Int("pid", 0, "the server's process, for its memory")
	logs := flag.String("logs", "", "folder for the containers' logs")
	rounds := flag.Int("n", 30, "rounds; figures are medians")
	many := flag.String("many", "10,50", "numbers of pods to start at once")
	image := flag.String("image", "registry.k8s.io/e2e-test-images/busybox:1.29-2", "image of the containers; has sh, echo, sleep and true")
	pull := flag.String("pull", "", "image to pull, remove and pull again")
	out := flag.String("json", "", "file for the figures")
	tables := flag.Bool("table", false, "print the figures of one or two servers")
	flag.Parse()
	if *tables {
		if err := table(flag.Args()); err != nil {
			fail(err)
		}
		return
	}
	if *socket == "" || *logs == "" || *out == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	connection, err := grpc.NewClient("unix://"+*socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	b := &bench{runtime: cri.NewRuntimeServiceClient(connection), images: cri.NewImageServiceClient(connection),
		image: *image, logs: *logs, pid: *pid, rounds: *rounds, figures: map[string]float64{}}
	var counts []int
	for _, word := range strings.Split(*many, ",") {
		count, err := strconv.Atoi(word)
		if err != nil {
			fail(fmt.Errorf("-many: %w", err))
		}
		counts = append(counts, count)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := b.run(ctx, counts, *pull); err != nil {
		fail(err)
	}
	text, err := json.MarshalIndent(b.figures, "", "  ")
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile(*out, append(text, '\n'), 0o644); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cri:", err)
	os.Exit(1)
}
