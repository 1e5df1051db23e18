#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# prepare.sh [--library-only]: builds hv-sim, and what its tests need unless told not to, into ../target/hv-sim, fetching what
# is missing into BEAGLE_CACHE (default: e2e/.cache at the top of the repository). Silent when there is nothing to do; installs
# nothing.
#
# Last, ../target/hv-sim/hv-sim.properties tells the tests where everything is, and of what is missing, why
# (keys "missing.library", "missing.guests", "missing.linux"), which they show when they skip.
set -euo pipefail
cd "$(dirname "$0")"
build=$(realpath -m ../target/hv-sim)
export BEAGLE_CACHE=${BEAGLE_CACHE:-$(realpath -m ../../e2e/.cache)}
mkdir -p "$build" "$BEAGLE_CACHE/hv-sim"
exec 9>"$BEAGLE_CACHE/hv-sim/lock"
flock 9
properties=$build/hv-sim.properties.new
: >"$properties"

part() { # NAME TARGET: makes it, or notes why not
  local log=$build/$1.log
  if make --no-print-directory -s "$2" >"$log" 2>&1; then
    grep '^hv-sim:' "$log" >&2 || true
    return
  fi
  local reason
  reason=$({ grep -E '^hv-sim:|error:|not found' "$log" || tail -1 "$log"; } | head -1 | cut -c1-200)
  echo "hv-sim: $1 cannot be made: $reason (whole output: $log)" >&2
  echo "missing.$1=$reason" >>"$properties"
}

lacks() { # NAME REASON
  echo "hv-sim: $1 cannot be made: $2" >&2
  echo "missing.$1=$2" >>"$properties"
}

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  lacks library "hv-sim runs on x86-64 Linux, this is $(uname -s) on $(uname -m)"
else
  part library all
fi
if [ "${1:-}" = --library-only ]; then
  for name in guests linux; do echo "missing.$name=hv-sim/prepare.sh was to make the library only" >>"$properties"; done
elif ! command -v aarch64-linux-gnu-gcc >/dev/null; then
  for name in guests linux; do lacks $name "aarch64-linux-gnu-gcc is not here (Debian: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"; done
else
  part guests guests
  part linux initramfs
fi
cat >>"$properties" <<E2
build=$build
library=$build/libhvsim.so
kernel=$BEAGLE_CACHE/hv-sim/kernel/Image
initramfs=$build/initramfs
E2
mv "$properties" "$build/hv-sim.properties"
