#!/bin/bash
# Mount images and print the tree that the kernel shows. Runs in a mount namespace of its own, so nothing is left.
# usage: unshare --mount --propagation private kernel_tree.sh WORK (file|loop-on-tmpfs|overlay) IMAGE...
set -eu
here=$(dirname "$0") work=$1 how=$2
shift 2
mkdir -p "$work/mnt"
case $how in
  file)
    python3 "$here/mount_file.py" "$1" "$work/mnt"
    grep -q "^$1 $work/mnt erofs" /proc/mounts
    ;;
  loop-on-tmpfs)
    mkdir -p "$work/ram"
    mount -t tmpfs none "$work/ram"
    cp "$1" "$work/ram/image"
    mount -t erofs -o ro,loop "$work/ram/image" "$work/mnt"
    ;;
  overlay)
    # Images come lowest first, overlayfs wants the topmost first.
    lower=
    for image in "$@"; do
      layer=$work/layer-$(basename "$image")
      mkdir -p "$layer"
      python3 "$here/mount_file.py" "$image" "$layer"
      lower=$layer${lower:+:$lower}
    done
    mount -t overlay -o "ro,lowerdir=$lower,redirect_dir=nofollow" none "$work/mnt"
    ;;
esac
python3 "$here/tree.py" "$work/mnt"
