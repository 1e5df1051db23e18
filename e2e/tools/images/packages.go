package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// packages finds and downloads Debian packages through apt, as if onto a machine that has none: so that a package comes with all it
// depends on. The machine's own package state is only read from (its sources, and the lists of its own architecture), never changed.
type packages struct {
	dir          string
	architecture string
	lock         sync.Mutex
	closures     map[string][]string // names, joined, to file names
}

// notInImages are packages that others depend on for their installation only, which does not happen here.
var notInImages = []string{"debconf", "cdebconf", "dpkg", "init-system-helpers", "lsb-base", "sysvinit-utils"}

// openAllPackages has those of every architecture that images are made for, in a folder each.
func openAllPackages(work string, images []image) (map[string]*packages, error) {
	all := map[string]*packages{}
	for _, image := range images {
		for _, architecture := range image.architectures() {
			if all[architecture] != nil {
				continue
			}
			opened, err := openPackages(filepath.Join(work, "packages-"+architecture), architecture)
			if err != nil {
				return nil, err
			}
			all[architecture] = opened
		}
	}
	return all, nil
}

func openPackages(dir, architecture string) (*packages, error) {
	for _, folder := range []string{"partial", "lists/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	return &packages{dir: dir, architecture: architecture, closures: map[string][]string{}}, os.WriteFile(filepath.Join(dir, "status"), nil, 0o644)
}

// foreign is whether this machine's lists are not of these packages.
func (p *packages) foreign() bool { return p.architecture != runtime.GOARCH }

func (p *packages) apt(arguments ...string) (string, error) {
	options := []string{"-o", "Dir::State::status=" + filepath.Join(p.dir, "status"), "-o", "Dir::Cache::archives=" + p.dir,
		"-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User=root", "--no-install-recommends", "-y"}
	if p.foreign() {
		options = append(options, "-o", "APT::Architecture="+p.architecture, "-o", "APT::Architectures="+p.architecture,
			"-o", "Dir::State::lists="+filepath.Join(p.dir, "lists"), "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
			"-o", "Acquire::Languages=none", "-o", "Acquire::Retries=2")
	}
	command := exec.Command("apt-get", append(options, arguments...)...)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	command.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("apt-get %s: %w: %s (are the lists there? try: apt-get update)",
			strings.Join(arguments, " "), err, strings.TrimSpace(errors.String()))
	}
	return out.String(), nil
}

// closure is the files of the named packages and of all they depend on, in a fixed order.
func (p *packages) closure(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	key := strings.Join(names, " ")
	if files, ok := p.closures[key]; ok {
		return files, nil
	}
	out, err := p.apt(append([]string{"--print-uris", "install"}, names...)...)
	if err != nil {
		return nil, err
	}
	var files []string
	for line := range strings.Lines(out) {
		// 'URI' FILE SIZE HASH; apt leaves out what it already has, which is why nothing is downloaded before all is known.
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "'") {
			continue
		}
		name, _, _ := strings.Cut(fields[1], "_")
		if !slices.Contains(notInImages, name) {
			files = append(files, fields[1])
		}
	}
	slices.Sort(files)
	p.closures[key] = files
	return files, nil
}

// download brings every package of the images here, each once.
func (p *packages) download(images []image) error {
	all := map[string]bool{}
	aside := filepath.Join(p.dir, "debs")
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return err
	}
	if p.foreign() {
		// Sources that have nothing for this architecture only get a warning.
		if _, err := p.apt("update"); err != nil {
			return err
		}
	}
	for _, image := range images {
		if !slices.Contains(image.architectures(), p.architecture) {
			continue
		}
		for _, layer := range image.layers {
			for _, names := range [][]string{append(slices.Clone(layer.after), layer.packages...), layer.after} {
				if _, err := p.closure(names); err != nil {
					return err
				}
			}
			for _, name := range layer.packages {
				all[name] = true
			}
		}
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	if _, err := p.apt(append([]string{"-q", "--download-only", "install"}, names...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(p.dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.Rename(file, filepath.Join(aside, filepath.Base(file))); err != nil {
			return err
		}
	}
	return nil
}

// of is the paths of the packages of a layer, without those that a layer below has.
func (p *packages) of(layer layerSpec) ([]string, error) {
	files, err := p.closure(append(slices.Clone(layer.after), layer.packages...))
	if err != nil || len(layer.packages) == 0 {
		return nil, err
	}
	below, err := p.closure(layer.after)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, file := range files {
		if !slices.Contains(below, file) {
			paths = append(paths, filepath.Join(p.dir, "debs", file))
		}
	}
	return paths, nil
}
