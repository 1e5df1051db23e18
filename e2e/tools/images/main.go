// Command images builds the images of the end-to-end tests and benchmarks from Debian packages and pushes them to a registry on
// loopback. What it takes from outside is packages, through the machine's own apt with its keys; everything else is made here. The
// same packages give the same bytes.
//
//	images -work DIR -fetch
//	images -work DIR -programs DIR -registry http://127.0.0.1:PORT -index FILE
//
// FILE, written last, tells the tests what there is: one JSON object from image name to digest, size and tree.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

func main() {
	work := flag.String("work", "", "folder for packages and blobs; may be kept between runs")
	programs := flag.String("programs", "", "folder with the static programs that go into images (nonewprivs, pause), in a folder for each architecture")
	registry := flag.String("registry", "", "registry to push to")
	index := flag.String("index", "", "file to write the list of images to")
	fetch := flag.Bool("fetch", false, "only download the packages, which needs a network; the rest then does not")
	flag.Parse()
	if *work == "" || flag.NArg() != 0 || !*fetch && (*programs == "" || *registry == "" || *index == "") {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*work, *programs, *registry, *index, *fetch); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

// published is what the tests know of an image.
type published struct {
	Digest  string   `json:"digest"`
	Bytes   int64    `json:"bytes"`    // of its layers as they travel
	Entries int      `json:"entries"`  // of all its layers
	DiffIDs []string `json:"diff_ids"` // of this machine's platform
}

func run(work, programs, registry, index string, fetch bool) error {
	catalogue := catalogue()
	all, err := openAllPackages(work, catalogue)
	if err != nil {
		return err
	}
	if fetch {
		for _, packages := range all {
			if err := packages.download(catalogue); err != nil {
				return err
			}
		}
		return nil
	}
	builder := newLayerBuilder(all, programs, filepath.Join(work, "blobs"))
	if err := os.MkdirAll(builder.blobs, 0o755); err != nil {
		return err
	}
	if err := buildLayers(builder, catalogue); err != nil {
		return err
	}
	push := newPusher(registry)
	list := map[string]published{}
	for _, image := range catalogue {
		entry, err := push.image(image, builder)
		if err != nil {
			return fmt.Errorf("%s: %w", image.repository, err)
		}
		for _, tag := range image.tags {
			list[image.host+"/"+image.repository+":"+tag] = entry
		}
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(index+".new", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(index+".new", index)
}

// buildLayers builds every layer once, as many at a time as is worth it: compressing is most of the work.
func buildLayers(builder *layerBuilder, images []image) error {
	var wait sync.WaitGroup
	var lock sync.Mutex
	var first error
	slots := make(chan struct{}, 3)
	seen := map[layerKey]bool{}
	start := func(spec layerSpec, architecture string) {
		key := layerKey{spec.name, architecture}
		if seen[key] {
			return
		}
		seen[key] = true
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := builder.build(spec, architecture); err != nil {
				lock.Lock()
				defer lock.Unlock()
				if first == nil {
					first = fmt.Errorf("layer %s for %s: %w", spec.name, architecture, err)
				}
			}
		})
	}
	for _, image := range images {
		for _, architecture := range image.architectures() {
			for i := range image.layers {
				start(image.layers[i], architecture)
			}
		}
	}
	wait.Wait()
	return first
}
