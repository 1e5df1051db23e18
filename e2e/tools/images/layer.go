package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A layer is a blob in the work folder.
type layer struct {
	mediaType string
	digest    string // of the blob
	diffID    string // of the tar in it
	size      int64
	entries   int
	path      string
}

const (
	layerGzip  = "application/vnd.oci.image.layer.v1.tar+gzip"
	layerPlain = "application/vnd.oci.image.layer.v1.tar"
)

type layerBuilder struct {
	packages        map[string]*packages // by architecture
	programs, blobs string
	applets         func() ([]string, error)
	lock            sync.Mutex
	built           map[layerKey]*layer
}

type layerKey struct{ name, architecture string }

func newLayerBuilder(packages map[string]*packages, programs, blobs string) *layerBuilder {
	builder := &layerBuilder{packages: packages, programs: programs, blobs: blobs, built: map[layerKey]*layer{}}
	builder.applets = sync.OnceValues(builder.listApplets)
	return builder
}

func (b *layerBuilder) get(key layerKey) *layer {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.built[key]
}

func (b *layerBuilder) build(spec layerSpec, architecture string) error {
	file, err := os.CreateTemp(b.blobs, "layer-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	blob, diff := newDigester(file), newDigester(io.Discard)
	var compressor io.WriteCloser = nopCloser{blob}
	mediaType := layerPlain
	if !spec.plain {
		compressor, mediaType = gzip.NewWriter(blob), layerGzip
	}
	diff.to = compressor
	writer := &treeWriter{out: tar.NewWriter(diff), written: map[string]bool{}}
	if err := errors.Join(b.fill(writer, spec, architecture), writer.out.Close(), compressor.Close(), file.Close()); err != nil {
		return err
	}
	built := &layer{mediaType: mediaType, digest: blob.digest(), diffID: diff.digest(), size: blob.size, entries: len(writer.written)}
	built.path = filepath.Join(b.blobs, strings.TrimPrefix(built.digest, "sha256:"))
	b.lock.Lock()
	defer b.lock.Unlock()
	b.built[layerKey{spec.name, architecture}] = built
	return os.Rename(file.Name(), built.path)
}

func (b *layerBuilder) fill(writer *treeWriter, spec layerSpec, architecture string) error {
	debs, err := b.packages[architecture].of(spec)
	if err != nil {
		return err
	}
	if len(debs) > 0 && len(spec.after) == 0 {
		for _, name := range merged {
			if err := writer.link(name, "usr/"+name); err != nil {
				return err
			}
		}
	}
	for _, deb := range debs {
		if err := writer.unpack(deb); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(deb), err)
		}
	}
	if spec.applets {
		if err := b.linkApplets(writer); err != nil {
			return err
		}
	}
	for _, entry := range spec.entries {
		content := []byte(entry.content)
		if entry.program != "" {
			if content, err = os.ReadFile(filepath.Join(b.programs, architecture, entry.program)); err != nil {
				return err
			}
		}
		header := entry.header
		header.ModTime, header.Size = epoch, int64(len(content))
		if header.Typeflag == 0 {
			header.Typeflag = tar.TypeReg
		}
		if err := writer.put(&header, bytes.NewReader(content)); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	return nil
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// merged are the folders that have been links into /usr since Debian 12; packages of that release may still name them.
var merged = []string{"bin", "lib", "lib32", "lib64", "libx32", "sbin"}

const busybox = "usr/bin/busybox"

// listApplets asks busybox for its names: this machine's, as another architecture's does not run here and has the same.
func (b *layerBuilder) listApplets() ([]string, error) {
	folder, err := os.MkdirTemp("", "busybox-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	debs, err := b.packages[runtime.GOARCH].of(layerSpec{packages: []string{"busybox"}})
	if err != nil {
		return nil, err
	}
	for _, deb := range debs {
		if out, err := exec.Command("dpkg-deb", "-x", deb, folder).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", filepath.Base(deb), err, out)
		}
	}
	for _, program := range []string{busybox, "bin/busybox"} {
		if _, err := os.Stat(filepath.Join(folder, program)); err == nil {
			out, err := exec.Command(filepath.Join(folder, program), "--list").Output()
			return strings.Fields(string(out)), err
		}
	}
	return nil, errors.New("the package busybox has no busybox")
}

// linkApplets gives busybox all its names. They are hard links, as in the image that everyone knows: what is mounted over one name
// must not be mounted over all.
func (b *layerBuilder) linkApplets(writer *treeWriter) error {
	names, err := b.applets()
	if err != nil {
		return fmt.Errorf("names of busybox: %w", err)
	}
	for _, name := range names {
		target := "usr/bin/" + name
		if writer.written[target] || writer.written["usr/sbin/"+name] {
			continue
		}
		header := &tar.Header{Name: target, Typeflag: tar.TypeLink, Linkname: busybox, Mode: 0o755, ModTime: epoch}
		if err := writer.put(header, nil); err != nil {
			return err
		}
	}
	return nil
}

// treeWriter writes a layer: each path once, its folders before it.
type treeWriter struct {
	out     *tar.Writer
	written map[string]bool
}

func (w *treeWriter) link(name, target string) error {
	return w.put(&tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777, ModTime: epoch}, nil)
}

// unpack adds the files of a package.
func (w *treeWriter) unpack(deb string) error {
	command := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	err = w.copy(tar.NewReader(out))
	if err != nil {
		_ = command.Process.Kill()
	}
	return errors.Join(err, command.Wait())
}

func (w *treeWriter) copy(in *tar.Reader) error {
	for {
		header, err := in.Next()
		if err == io.EOF {
			// dpkg-deb still has padding to write.
			return nil
		}
		if err != nil {
			return err
		}
		header.Name = intoUsr(header.Name)
		if header.Typeflag == tar.TypeLink {
			header.Linkname = intoUsr(header.Linkname)
		}
		if err := w.put(header, in); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func intoUsr(name string) string {
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	first, _, _ := strings.Cut(clean, "/")
	if slices.Contains(merged, first) {
		return "usr/" + clean
	}
	return clean
}

func (w *treeWriter) put(header *tar.Header, content io.Reader) error {
	name := strings.TrimSuffix(strings.TrimPrefix(header.Name, "./"), "/")
	if name == "" || name == "." || w.written[name] {
		return nil
	}
	if parent := path.Dir(name); parent != "." && !w.written[parent] {
		if err := w.put(&tar.Header{Name: parent, Typeflag: tar.TypeDir, Mode: 0o755, ModTime: epoch}, nil); err != nil {
			return err
		}
	}
	w.written[name] = true
	header.Name, header.Format = name, tar.FormatPAX
	header.Uname, header.Gname = "", ""
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	if header.Typeflag == tar.TypeDir {
		header.Name += "/"
	}
	if err := w.out.WriteHeader(header); err != nil {
		return err
	}
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	_, err := io.Copy(w.out, content)
	return err
}

// digester counts and hashes what goes through it.
type digester struct {
	to   io.Writer
	hash hash.Hash
	size int64
}

func newDigester(to io.Writer) *digester { return &digester{to: to, hash: sha256.New()} }

func (d *digester) Write(p []byte) (int, error) {
	n, err := d.to.Write(p)
	d.hash.Write(p[:n])
	d.size += int64(n)
	return n, err
}

func (d *digester) digest() string { return "sha256:" + hex.EncodeToString(d.hash.Sum(nil)) }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
