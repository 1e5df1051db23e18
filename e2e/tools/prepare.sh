#!/usr/bin/env bash
# prepare.sh: makes once what the end-to-end tests need and the repository does not hold, and says where it is.
#
# crictl and critest are built from the Go modules that go.mod pins; the images are made from Debian packages and pushed to a Debian
# docker-registry whose storage is kept; critest's one constant that no image made here can match is replaced (see below). All of it goes to
# BEAGLE_CACHE (default: e2e/.cache), in names with versions, so that nothing is done twice. Silent when there is nothing to do.
# Nothing is installed: a package that the machine lacks is unpacked in the cache.
#
# Last, CACHE/e2e.properties tells the tests where everything is, or what is missing (key "missing"), which they show when they skip.
set -euo pipefail
cd "$(dirname "$0")"
cache=${BEAGLE_CACHE:-$(realpath ..)/.cache}
mkdir -p "$cache/bin"
exec 9>"$cache/lock"
flock 9
properties=$cache/e2e.properties

# Replaced in one step: tests of another checkout may read it meanwhile.
missing() {
  trap - ERR
  echo "e2e: cannot run: $*" >&2
  printf 'missing=%s\n' "$*" >"$properties.new"
  mv "$properties.new" "$properties"
  exit 0
}
trap 'missing "line $LINENO of prepare.sh failed"' ERR
say() { echo "e2e: $*" >&2; }
timed() { # WHAT COMMAND...
  local what=$1 start=$SECONDS log=$cache/last-step.log
  shift
  "$@" >"$log" 2>&1 || { tail -20 "$log" >&2; missing "$what failed (whole output: $log)"; }
  say "$what: $((SECONDS - start)) s"
}

for command in go apt-get dpkg-deb ip unshare sha256sum; do
  command -v "$command" >/dev/null || missing "the command $command is not here"
done
problem=$(./go-problem.sh)
[[ -z $problem ]] || missing "$problem"
((EUID == 0)) || missing "root is needed: the tests make namespaces, mounts and cgroups"
unshare --net true 2>/dev/null || missing "network namespaces cannot be made here"

# crictl and critest.
version=$(go list -m -f '{{.Version}}' sigs.k8s.io/cri-tools)
crictl=$cache/bin/crictl-$version critest=$cache/bin/critest-$version
flags=(-trimpath -ldflags "-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=$version")
export CGO_ENABLED=0
[[ -x $crictl ]] || timed "built crictl $version" go build "${flags[@]}" -o "$crictl" sigs.k8s.io/cri-tools/cmd/crictl
[[ -x $critest ]] || timed "built critest $version" go test -c "${flags[@]}" -o "$critest" sigs.k8s.io/cri-tools/cmd/critest

# The registry.
if ! registry=$(command -v docker-registry); then
  registry=$cache/docker-registry/usr/bin/docker-registry
  unpack_registry() {
    mkdir -p "$cache/docker-registry"
    (cd "$cache/docker-registry" && apt-get download docker-registry && dpkg-deb -x docker-registry_*.deb . && rm docker-registry_*.deb)
  }
  [[ -x $registry ]] || timed "unpacked Debian's docker-registry" unpack_registry
fi

# The images. The key is what they are made by: a change of the programs here makes new ones.
key=$(cat images/*.go nonewprivs/*.go pause/*.go probe/*.go standins/*.go | sha256sum | cut -c1-12)
images=$cache/images-$key
make_images() {
  rm -rf "$images"
  mkdir -p "$images/programs"
  go build -trimpath -ldflags "-s -w" -o "$images/programs/" ./images
  # What goes into images: for this machine, and for the guests of micro-VMs.
  for architecture in "$(go env GOARCH)" arm64; do
    mkdir -p "$images/programs/$architecture"
    GOARCH=$architecture go build -trimpath -ldflags "-s -w" -o "$images/programs/$architecture/" ./nonewprivs ./pause ./probe ./standins
  done
  local config=$images/registry.yml port
  # A namespace of its own: any port is free there. Packages come first, from outside.
  "$images/programs/images" -work "$images/work" -programs "$images/programs" -fetch
  cat >"$config" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $images/registry}}
http: {addr: "127.0.0.1:5000"}
YAML
  unshare --net --pid --fork --kill-child -- bash -euc '
    ip link set lo up
    "$1" serve "$2" &
    for ((i = 0; i < 100; i++)); do (: </dev/tcp/127.0.0.1/5000) 2>/dev/null && break; sleep 0.1; done
    "$3/programs/images" -work "$3/work" -programs "$3/programs" -registry http://127.0.0.1:5000 -index "$3/images.json"
  ' make-images "$registry" "$config" "$images"
  rm -rf "$images/work/blobs" # the registry has them
}
[[ -e $images/images.json ]] || timed "made images from Debian packages" make_images

# One spec of critest pulls by a digest that is part of the program: no image made here can have it, so the program gets our image's.
foreign=9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf
ours=$(sed -n '/k8s-staging-cri-tools\/test-image-digest:latest/,/digest"/s/.*"digest": "sha256:\([0-9a-f]\{64\}\)".*/\1/p' "$images/images.json")
patched=$critest-${ours:0:12}
if [[ ! -x $patched ]]; then
  sed "s/$foreign/$ours/g" "$critest" >"$patched.new"
  cmp -s "$critest" "$patched.new" && missing "critest $version no longer holds the digest $foreign"
  chmod +x "$patched.new"
  mv "$patched.new" "$patched"
fi

# What is tested: the daemon of this repository, or, to prove the tests themselves, containerd in its place.
top=$(realpath ../..)
if [[ -n ${BEAGLE_E2E_PEER-} ]]; then
  peer=$("$top/bench/tools/prepare.sh" peer) || missing "the peer cannot be built (bench/tools/prepare.sh)"
  server=peer=$peer/containerd
else
  [[ -x $top/beagle ]] || missing "there is no $top/beagle"
  # Its first call builds, which needs a network and does not belong into a test's time.
  "$top/beagle" --version >"$cache/last-step.log" 2>&1 || missing "./beagle --version fails (see $cache/last-step.log)"
  server=beagle=$top/beagle
fi

cat >"$properties.new" <<PROPERTIES
$server
crictl=$crictl
critest=$patched
critest.version=$version
registry=$registry
registry.storage=$images/registry
images=$images/images.json
PROPERTIES
mv "$properties.new" "$properties"
