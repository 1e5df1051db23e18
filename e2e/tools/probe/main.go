// Command probe is what containers of the end-to-end tests run where busybox's tools are not exact enough.
//
//	probe lines BYTES_PER_SECOND TOTAL_BYTES   numbered lines of 64 bytes to stdout
//	probe count ADDRESS                        numbered lines to a TCP server, as fast as it takes them, and reads what it says
//	probe echo PORT                            TCP and UDP echo
//	probe http PORT TEXT                       answers every request with the text
//	probe get URL                              the body, or a failure
//	probe udp ADDRESS TEXT                     sends a datagram, prints the answer
//	probe resolve NAME                         its IPv4 addresses
//	probe eat MEBIBYTES                        takes and touches memory, then waits
//	probe spin                                 burns CPU
//	probe vsock CID PORT STREAMS               opens and keeps as many vsock streams as it gets, again and again, and prints how many these are
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch {
	case command == "lines" && len(args) == 3:
		return lines(args[1], args[2])
	case command == "count" && len(args) == 2:
		return count(args[1])
	case command == "echo" && len(args) == 2:
		return echo(args[1])
	case command == "http" && len(args) == 3:
		text := args[2] + "\n"
		return http.ListenAndServe(":"+args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }))
	case command == "get" && len(args) == 2:
		return get(args[1])
	case command == "udp" && len(args) == 3:
		return datagram(args[1], args[2])
	case command == "resolve" && len(args) == 2:
		addresses, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip4", args[1])
		for _, address := range addresses {
			fmt.Println(address)
		}
		return err
	case command == "eat" && len(args) == 2:
		return eat(args[1])
	case command == "vsock" && len(args) == 4:
		return vsock(args[1], args[2], args[3])
	case command == "spin" && len(args) == 1:
		for {
		}
	}
	return fmt.Errorf("unknown arguments %q", args)
}

// line is 64 bytes with its number in front.
func line(number int) string {
	return fmt.Sprintf("%-63d\n", number)
}

func lines(rate, total string) error {
	perSecond, err := strconv.Atoi(rate)
	if err != nil {
		return err
	}
	bytes, err := strconv.Atoi(total)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 64*1024)
	start := time.Now()
	for n := 0; n*64 < bytes; n++ {
		if _, err := out.WriteString(line(n)); err != nil {
			return err
		}
		if ahead := time.Duration(n*64)*time.Second/time.Duration(perSecond) - time.Since(start); n%256 == 0 && ahead > 0 {
			if err := out.Flush(); err != nil {
				return err
			}
			time.Sleep(ahead)
		}
	}
	return out.Flush()
}

func count(address string) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		// What comes back has to be the same lines; the first that is not ends everything.
		in := bufio.NewReader(connection)
		for n := 0; ; n++ {
			got, err := in.ReadString('\n')
			if err != nil || got != line(n) {
				fmt.Printf("answer %d: %q, %v\n", n, got, err)
				os.Exit(3)
			}
		}
	}()
	for n := 0; ; n++ {
		if _, err := io.WriteString(connection, line(n)); err != nil {
			return err
		}
		if n%64 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func echo(port string) error {
	packets, err := net.ListenPacket("udp", ":"+port)
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, 65536)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo(buffer[:n], from)
		}
	}()
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(connection, connection)
			_ = connection.Close()
		}()
	}
}

func get(url string) error {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

func datagram(address, text string) error {
	connection, err := net.Dial("udp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(connection, text); err != nil {
		return err
	}
	answer := make([]byte, 65536)
	n, err := connection.Read(answer)
	fmt.Println(strings.TrimSpace(string(answer[:n])))
	return err
}

func eat(mebibytes string) error {
	n, err := strconv.Atoi(mebibytes)
	if err != nil {
		return err
	}
	var kept [][]byte
	for range n {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
	}
	fmt.Println("took", len(kept))
	select {}
}
