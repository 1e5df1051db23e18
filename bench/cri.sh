#!/usr/bin/env bash
# cri.sh [--peer|--only-peer] [-n ROUNDS] [--many 10,50]: what a CRI call costs, in medians, on a node of its own.
#
# Starts a registry and ./beagle in network, PID and mount namespaces of their own, measures over the socket (bench/tools/cri), and prints a table. With
# --peer containerd and runc, built from their Go modules, go through the same before it, in the same run, and the table has ratios: figures
# of different machines or days say little. Everything is made once into BEAGLE_CACHE (default: e2e/.cache). Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD rounds=30 many=10,50 servers=(beagle)
while (($#)); do
  case $1 in
  --peer) servers=(containerd beagle) ;;
  --only-peer) servers=(containerd) ;;
  -n) rounds=$2 && shift ;;
  --many) many=$2 && shift ;;
  *) sed -n 2,6p "$0" >&2 && exit 2 ;;
  esac
  shift
done
cache=${BEAGLE_CACHE:-$top/e2e/.cache}
only_peer=
[[ ${servers[*]} == containerd ]] && only_peer=1
BEAGLE_E2E_PEER=$only_peer e2e/tools/prepare.sh
property() { sed -n "s/^$1=//p" "$cache/e2e.properties"; }
missing=$(property missing)
[[ -z $missing ]] || { echo "bench: $missing" >&2; exit 1; }
client=$(bench/tools/prepare.sh cri)/cri
peer=
[[ ${servers[*]} != *containerd* ]] || peer=$(bench/tools/prepare.sh peer)
base=$(mktemp -d /var/tmp/bb-XXXXXX)
export top base rounds many client peer
registry=$(property registry) storage=$(property registry.storage)
export registry storage servers_list="${servers[*]}"
trap 'rm -rf "$base"' EXIT

unshare --net --pid --fork --kill-child --mount-proc -- bash bench/inside.sh
files=()
for server in "${servers[@]}"; do files+=("$base/$server.json"); done
"$client" -table "${files[@]}"
