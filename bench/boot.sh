#!/usr/bin/env bash
# boot.sh [-n ROUNDS]: what the parts of a micro-VM's start cost, in medians, beside the bare kernel's boot by the VMM in C that hv-sim is tested with.
#
# Starts a node of sandbox kind hvf on hv-sim in network, PID and mount namespaces of its own; each round runs one pod (crictl runp) and removes it, then boots
# the same kernel with hv-sim's vmm. Two ratios at the end compare from the start of the process: to the kernel's line that it starts init, a little before
# the bare boot's point (init's first words), and to the agent's listening, after it. Needs root, python3, and what ./beagle demo --sandbox hvf and e2e/tools/prepare.sh make.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD rounds=10
while (($#)); do
  case $1 in
  -n) rounds=$2 && shift ;;
  *) sed -n 2,6p "$0" >&2 && exit 2 ;;
  esac
  shift
done
guest=$top/guest-image/target/guest hvsim=$top/runtime-darwin/target/hv-sim
for made in "$guest/Image" "$hvsim/libhvsim.so" "$hvsim/vmm" "$hvsim/initramfs"; do
  [[ -e $made ]] || { echo "bench: there is no $made; make it: ./beagle test hvf" >&2; exit 1; }
done
cache=${BEAGLE_CACHE:-$top/e2e/.cache}
e2e/tools/prepare.sh
property() { sed -n "s/^$1=//p" "$cache/e2e.properties"; }
missing=$(property missing)
[[ -z $missing ]] || { echo "bench: $missing" >&2; exit 1; }
crictl=$(property crictl)
base=$(mktemp -d /var/tmp/bb-XXXXXX)
trap 'rm -rf "$base"' EXIT
mkdir "$base/logs"
cat >"$base/config.yaml" <<YAML
sandbox:
  default: hvf
  guestImage: $guest
  hypervisorLibrary: $hvsim/libhvsim.so
YAML
printf 'runtime-endpoint: unix://%s/run/cri.sock\ntimeout: 60\n' "$base" >"$base/crictl.yaml"
unshare --net --mount --pid --fork --kill-child --mount-proc -- bash -euc '
  ip link set lo up
  exec python3 "$@"
' boot bench/tools/boot.py --beagle "$top/beagle" --base "$base" --crictl "$crictl" --rounds "$rounds" \
  --vmm "$hvsim/vmm" --kernel "$guest/Image" --initramfs "$hvsim/initramfs"
