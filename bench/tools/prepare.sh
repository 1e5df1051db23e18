#!/usr/bin/env bash
# prepare.sh WHAT: builds once, into BEAGLE_CACHE (default: e2e/.cache), and prints the folder. Silent but for that when there is nothing to do.
#
#   peer    containerd, its shim, ctr and runc, of the versions that go.mod pins: what Beagle is compared with
#   cri     the benchmark's client (cri/)
set -euo pipefail
cd "$(dirname "$0")"
cache=${BEAGLE_CACHE:-$(realpath ../..)/e2e/.cache}
mkdir -p "$cache/bin"
exec 8>"$cache/bench.lock"
flock 8
export CGO_ENABLED=0
case ${1-} in
peer)
  containerd=$(go list -m -f '{{.Version}}' github.com/containerd/containerd/v2) runc=$(go list -m -f '{{.Version}}' github.com/opencontainers/runc)
  folder=$cache/bin/containerd-$containerd-runc-$runc
  if [[ ! -e $folder/.done ]]; then
    start=$SECONDS
    mkdir -p "$folder"
    go build -trimpath -ldflags "-s -w -X github.com/containerd/containerd/v2/version.Version=${containerd#v}" -o "$folder/" \
      github.com/containerd/containerd/v2/cmd/{containerd,containerd-shim-runc-v2,ctr} >&2
    # Seccomp as in every build of it; without the headers it would run, but compare unlike with like.
    pkg-config --exists libseccomp || { echo "bench: runc needs the Debian packages libseccomp-dev and pkg-config" >&2; exit 1; }
    CGO_ENABLED=1 go build -trimpath -tags seccomp -ldflags "-s -w -X main.version=${runc#v}" -o "$folder/runc" github.com/opencontainers/runc >&2
    touch "$folder/.done"
    echo "bench: built containerd $containerd and runc $runc: $((SECONDS - start)) s" >&2
  fi
  echo "$folder"
  ;;
cri)
  key=$(cat go.mod cri/*.go | sha256sum | cut -c1-12)
  folder=$cache/bin/bench-$key
  [[ -x $folder/cri ]] || { mkdir -p "$folder" && go build -trimpath -o "$folder/" ./cri >&2; }
  echo "$folder"
  ;;
*)
  sed -n 2,5p "$0" >&2
  exit 2
  ;;
esac
