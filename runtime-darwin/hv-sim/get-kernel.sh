#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# get-kernel.sh FOLDER: unpacks the newest 6.12 kernel for arm64 clouds of Debian 13 (the signed package) into
# FOLDER/kernel: Image, and modules/, which holds what the test guest loads. apt checks the package against the
# archive's signed index. Works as root and as any user, installs nothing, is silent when the kernel is there.
# Offline: put the package, linux-image-6.12*-cloud-arm64_*_arm64.deb, into FOLDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools/debian.sh"

[ $# = 1 ] || { echo "usage: get-kernel.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
modules="virtio_mmio virtio-rng virtio_blk"
complete() {
  local module
  for module in Image $(printf 'modules/%s.ko.xz ' $modules); do
    [ -e "$folder/kernel/$module" ] || return 1
  done
}
! complete || exit 0
work=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

newest() { # the package at hand, or empty
  find "$folder" -maxdepth 1 -name 'linux-image-6.12*-cloud-arm64_*_arm64.deb' | sort -V | tail -1
}

fetch() {
  local package
  debian_open "$work/apt" arm64 trixie || return 1
  package=$(debian_apt cache search --names-only '^linux-image-6\.12\.[^-]*-cloud-arm64$' | cut -d' ' -f1 | sort -V | tail -1)
  [ -n "$package" ] || { echo "E: the archive has no linux-image-6.12*-cloud-arm64 in trixie" >&2; return 1; }
  (cd "$work" && debian_apt get download "$package") && mv "$work/$package"_*.deb "$folder/"
}

if [ -z "$(newest)" ]; then
  fetch >"$work/log" 2>&1 || {
    echo "hv-sim: the arm64 kernel cannot be fetched; is this machine offline?" >&2
    echo "  debian: $({ grep '^E:' "$work/log" || tail -1 "$work/log"; } | tail -1 | cut -c1-300)" >&2
    echo "  by hand: put Debian's linux-image-6.12*-cloud-arm64 (arm64) into $folder" >&2
    exit 1
  }
  echo "hv-sim: fetched $(basename "$(newest)")" >&2
fi
dpkg -x "$(newest)" "$work/root"
mkdir -p "$work/kernel/modules"
cp "$work"/root/boot/vmlinuz-* "$work/kernel/Image"
# "ARMd" at 0x38: a plain Image, loaded as it is
[ "$(dd if="$work/kernel/Image" bs=1 skip=56 count=4 2>/dev/null)" = ARMd ] ||
  { echo "hv-sim: the kernel in $(newest) is no plain arm64 Image; hv-sim's test loader does not unwrap others" >&2; exit 1; }
for module in $modules; do
  find "$work/root" -name "$module.ko.xz" -exec cp {} "$work/kernel/modules/" \;
done
rm -rf "$folder/kernel"
mv "$work/kernel" "$folder/kernel"
