#!/usr/bin/env python3
"""Print every entry below a folder, one line each, sorted by path: all that a container could see of it.
usage: tree.py FOLDER
Left out are what depends on the file system and not on its content: sizes and link counts of directories, inode numbers.
"""
import hashlib, os, stat, sys


def describe(path):
    s = os.lstat(path)
    kind = stat.S_IFMT(s.st_mode)
    line = [stat.filemode(s.st_mode), f"{s.st_mode & 0o7777:o}", f"{s.st_uid}:{s.st_gid}", f"mtime={s.st_mtime_ns}"]
    if kind != stat.S_IFDIR:
        line += [f"links={s.st_nlink}", f"size={s.st_size}"]
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        line.append(f"device={os.major(s.st_rdev)}:{os.minor(s.st_rdev)}")
    if kind == stat.S_IFLNK:
        line.append(f"target={os.readlink(path)!r}")
    if kind == stat.S_IFREG:
        digest = hashlib.sha256()
        with open(path, "rb") as f:
            while piece := f.read(1 << 20):
                digest.update(piece)
        line.append(digest.hexdigest())
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        line.append(f"{name}={os.getxattr(path, name, follow_symlinks=False).hex()}")
    return " ".join(line)


def walk(folder, shown):
    print(repr(shown), describe(folder))
    # The entries' own types, because that is what overlayfs and scandir(3) believe.
    with os.scandir(folder) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            walk(entry.path, shown + b"/" + entry.name)
        else:
            print(repr(shown + b"/" + entry.name), describe(entry.path))


walk(os.fsencode(sys.argv[1]), b"")
