package main

import (
	"archive/tar"
	"fmt"
	"runtime"
	"strings"
)

// An image is one repository and the tags that lead to it.
type image struct {
	host, repository string
	tags             []string
	layers           []layerSpec
	config           imageConfig
	// native leaves out the second platform, arm64, which is made of the same layers and runs in micro-VMs.
	native bool
}

// imageConfig is the part of an OCI image configuration that images here set.
type imageConfig struct {
	User       string            `json:"User,omitempty"`
	Env        []string          `json:"Env,omitempty"`
	Entrypoint []string          `json:"Entrypoint,omitempty"`
	Cmd        []string          `json:"Cmd,omitempty"`
	WorkingDir string            `json:"WorkingDir,omitempty"`
	StopSignal string            `json:"StopSignal,omitempty"`
	Labels     map[string]string `json:"Labels,omitempty"`
}

// A layerSpec says what is in a layer: packages with all they depend on, less those of the layers named in after; then applets,
// entries and programs. Layers of one name are one layer.
type layerSpec struct {
	name     string
	packages []string
	after    []string // packages of the layers below
	applets  bool     // busybox under every one of its names, as hard links
	entries  []entry
	plain    bool // not compressed
}

// An entry is a file of our own making. program takes its content from a static program built beside this one, for each architecture.
type entry struct {
	header  tar.Header
	content string
	program string
}

// architectures are what an image is made for, this machine's last: whoever takes the first entry of an index takes the wrong one.
func (i image) architectures() []string {
	if !i.native && runtime.GOARCH != arm64 {
		return []string{arm64, runtime.GOARCH}
	}
	return []string{runtime.GOARCH}
}

const (
	arm64      = "arm64"
	kubernetes = "registry.k8s.io"
	staging    = "gcr.io"
)

var paths = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

func catalogue() []image {
	// Not busybox-static: that one is made for rescue, and its shell runs ls without a look at /bin/ls.
	busybox := layerSpec{name: "busybox", packages: []string{"busybox"}, applets: true, entries: append(accounts(""), standins()...)}
	shell := imageConfig{Env: paths, Cmd: []string{"sh"}}
	images := []image{
		{host: kubernetes, repository: "e2e-test-images/busybox", tags: []string{"1.29-2"}, layers: []layerSpec{busybox}, config: shell},
		{host: kubernetes, repository: "e2e-test-images/nonewprivs", tags: []string{"1.3"}, layers: []layerSpec{busybox, noNewPrivs()},
			config: imageConfig{Env: paths, Entrypoint: []string{"/nnp"}}},
		{host: kubernetes, repository: "e2e-test-images/httpd", tags: []string{"2.4.39-4"}, layers: []layerSpec{busybox, page("httpd", "It works!\n")},
			config: imageConfig{Env: paths, Cmd: []string{"sh", "-c", "echo httpd serves port 80 && exec httpd -f -v -p 80 -h /www"}}},
		nginx(kubernetes, "e2e-test-images/nginx", "1.14-2", 80),
		nginx(staging, "k8s-staging-cri-tools/hostnet-nginx-amd64", "latest", 12003),
		pause(kubernetes, "3.9"),
		pause("k8s.gcr.io", "3.9"),
		pause(kubernetes, "3.10"),
		{host: "docker.io", repository: "library/probe", tags: []string{"latest"}, layers: []layerSpec{busybox, probe()}, config: shell},
		fourLayers(),
		{host: "docker.io", repository: "library/mixed", tags: []string{"latest"}, config: shell, native: true,
			layers: []layerSpec{busybox, {name: "plain", plain: true, entries: []entry{file("etc/plain", 0o644, "not compressed\n")}}}},
	}
	return append(images, critestImages(busybox)...)
}

// critestImages are the images of critest's image specs: names and users are all that matters in them.
func critestImages(busybox layerSpec) []image {
	var images []image
	add := func(name, user string, layers []layerSpec, tags ...string) {
		images = append(images, image{host: staging, repository: "k8s-staging-cri-tools/" + name, tags: tags, layers: layers,
			config: imageConfig{Env: paths, Cmd: []string{"sh"}, User: user, Labels: map[string]string{"name": name + ":" + tags[0]}}})
	}
	base := []layerSpec{busybox}
	for _, name := range []string{"test-image-1", "test-image-2", "test-image-3", "test-image-latest", "test-image-digest"} {
		add(name, "", base, "latest")
	}
	add("test-image-tag", "", base, "test")
	add("test-image-tag", "", base, "all")
	add("test-image-tags", "", base, "1", "2", "3")
	add("test-image-user-uid", "1002", base, "latest")
	add("test-image-user-username", "www-data", base, "latest")
	add("test-image-user-uid-group", "1003:users", base, "latest")
	add("test-image-user-username-group", "www-data:100", base, "latest")
	group := layerSpec{name: "predefined-group", entries: accounts("group-defined-in-image:x:50000:default-user\n")}
	add("test-image-predefined-group", "1000", []layerSpec{busybox, group}, "latest")
	return images
}

// standins are the tools that critest calls in busybox and Debian's lacks.
func standins() []entry {
	program := entry{header: tar.Header{Name: "usr/bin/pgrep", Mode: 0o755}, program: "standins"}
	link := entry{header: tar.Header{Name: "usr/bin/ipcs", Typeflag: tar.TypeLink, Linkname: "usr/bin/pgrep", Mode: 0o755}}
	return []entry{program, link}
}

// probe is what the tests' own containers run.
func probe() layerSpec {
	program := entry{header: tar.Header{Name: "usr/bin/probe", Mode: 0o755}, program: "probe"}
	return layerSpec{name: "probe", entries: []entry{program}}
}

func noNewPrivs() layerSpec {
	program := entry{header: tar.Header{Name: "nnp", Mode: 0o4755}, program: "nonewprivs"}
	return layerSpec{name: "nonewprivs", entries: []entry{program}}
}

func page(name, text string) layerSpec {
	return layerSpec{name: name, entries: []entry{folder("www"), file("www/index.html", 0o644, text)}}
}

// pause is the first process of a reference pod. One tag is one image whatever the registry, and two tags are two: critest asks for 3.9
// and removes it, while the reference runtime needs its own.
func pause(host, tag string) image {
	program := entry{header: tar.Header{Name: "pause", Mode: 0o755}, program: "pause"}
	return image{host: host, repository: "pause", tags: []string{tag}, layers: []layerSpec{{name: "pause", entries: []entry{program}}},
		config: imageConfig{Entrypoint: []string{"/pause"}, User: "65535:65535", Labels: map[string]string{"version": tag}}}
}

func nginx(host, repository, tag string, port int) image {
	configuration := fmt.Sprintf(`daemon off;
user www-data;
worker_processes 1;
pid /var/run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 64; }
http {
  access_log /dev/stdout;
  server { listen %d; location / { root /www; index index.html; } }
}
`, port)
	name := fmt.Sprintf("nginx-%d", port)
	return image{host: host, repository: repository, tags: []string{tag},
		layers: []layerSpec{
			{name: "nginx", packages: []string{"nginx", "busybox"}, applets: true, entries: accounts("")},
			{name: name, entries: []entry{folder("www"), file("www/index.html", 0o644, "Welcome to nginx!\n"),
				file("etc/nginx/nginx.conf", 0o644, configuration), folder("run"), folder("var/lib/nginx"), folder("var/log/nginx")}}},
		config: imageConfig{Env: paths, Cmd: []string{"nginx"}, StopSignal: "SIGQUIT"}}
}

// fourLayers is a Debian of more than ten thousand entries in four layers, the top one with everything that a layer can hold: what
// pulls are measured with and what trees are compared by.
func fourLayers() image {
	parts := [][]string{
		{"bash", "base-files", "coreutils", "findutils", "grep", "gzip", "passwd", "sed", "tar", "tzdata", "busybox"},
		{"ncurses-term", "perl", "python-babel-localedata"},
		{"python3", "vim"},
		{"locales"},
	}
	image := image{host: "docker.io", repository: "library/four-layers", tags: []string{"latest"}, native: true,
		config: imageConfig{Env: paths, Cmd: []string{"bash"}}}
	var below []string
	for i, packages := range parts {
		image.layers = append(image.layers, layerSpec{name: fmt.Sprintf("four-layers-%d", i+1), packages: packages, after: below})
		below = append(below, packages...)
	}
	image.layers[0].entries = accounts("")
	image.layers[3].entries = oddEntries()
	return image
}

// oddEntries are what packages seldom hold: a layer's ways to remove, links, devices, attributes, names.
func oddEntries() []entry {
	long := strings.Repeat("n", 255)
	return []entry{
		folder("odd"),
		file("odd/setuid", 0o4755, "#!/bin/sh\n"),
		{header: tar.Header{Name: "odd/hardlink", Typeflag: tar.TypeLink, Linkname: "odd/setuid", Mode: 0o4755}},
		{header: tar.Header{Name: "odd/dangling", Typeflag: tar.TypeSymlink, Linkname: "../nowhere/at all", Mode: 0o777}},
		{header: tar.Header{Name: "odd/fifo", Typeflag: tar.TypeFifo, Mode: 0o640, Uid: 33, Gid: 33}},
		{header: tar.Header{Name: "odd/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3, Mode: 0o666}},
		{header: tar.Header{Name: "odd/" + long, Mode: 0o600, Uid: 100000, Gid: 200000}, content: "a long name\n"},
		{header: tar.Header{Name: "odd/größe \n", Mode: 0o644}, content: "not ASCII, and a line feed\n"},
		{header: tar.Header{Name: "odd/attributes", Mode: 0o644, PAXRecords: map[string]string{"SCHILY.xattr.user.beagle": "value"}}, content: "x"},
		{header: tar.Header{Name: "odd/sticky/", Typeflag: tar.TypeDir, Mode: 0o1777}},
		{header: tar.Header{Name: "odd/empty", Mode: 0o444}},
		file("usr/share/vim/.wh.vim90", 0o644, ""),
		file("usr/share/zoneinfo/Etc/.wh..wh..opq", 0o644, ""),
		file("usr/share/zoneinfo/Etc/Own", 0o644, "in the place of all that was here\n"),
	}
}

// accounts are the files that names of users are looked up in, and the folders every image has.
func accounts(groups string) []entry {
	return []entry{
		folder("etc"), folder("root"), folder("proc"), folder("sys"), folder("dev"), folder("var"), folder("var/tmp"), folder("home"),
		{header: tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}},
		{header: tar.Header{Name: "var/run", Typeflag: tar.TypeSymlink, Linkname: "/run", Mode: 0o777}},
		file("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"+
			"default-user:x:1000:1000:default-user:/home:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
		file("etc/group", 0o644, "root:x:0:\nwww-data:x:33:\nusers:x:100:\ndefault-user:x:1000:\nnogroup:x:65534:\n"+groups),
	}
}

func folder(name string) entry {
	return entry{header: tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: 0o755}}
}

func file(name string, mode int64, content string) entry {
	return entry{header: tar.Header{Name: name, Mode: mode}, content: content}
}
