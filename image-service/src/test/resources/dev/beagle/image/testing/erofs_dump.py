#!/usr/bin/env python3
"""Decode an uncompressed EROFS image by its on-disk tables: one line per inode, with its byte offset.
usage: erofs_dump.py IMAGE [-v]     -v also prints directory entries and the extents of each file
Exit status 1 when a rule of the format is broken. Reads the image only; no kernel and no erofs-utils involved.
"""
import hashlib, mmap, signal, stat, struct, sys

PREFIX = {1: "user.", 2: "system.posix_acl_access", 3: "system.posix_acl_default", 4: "trusted.", 6: "security."}
FTYPE = {stat.S_IFREG: 1, stat.S_IFDIR: 2, stat.S_IFCHR: 3, stat.S_IFBLK: 4, stat.S_IFIFO: 5, stat.S_IFSOCK: 6, stat.S_IFLNK: 7}
LAYOUT = {0: "plain", 2: "inline", 4: "chunk"}

def crc32c(data):
    """Reflected polynomial 0x82F63B78, start value all ones, no final inversion: the form the superblock stores."""
    crc = 0xFFFFFFFF
    for bit in (byte >> k & 1 for byte in data for k in range(8)):
        crc = crc >> 1 ^ (0x82F63B78 if (crc ^ bit) & 1 else 0)
    return crc

def align(n, unit):
    return (n + unit - 1) // unit * unit

class Image:
    def __init__(self, data, verbose):
        self.d, self.verbose, self.faults, self.seen, self.links, self.subdirs = data, verbose, 0, {}, {}, {}
        (magic, crc, compat, bits, extslots, self.root, self.inos, self.epoch, self.nsec, blocks, self.meta,
         self.shared) = struct.unpack_from("<IIIBBHQQIIII", data, 1024)
        incompat, _, devices, devslot, dirbits, prefixes, prefix_at = struct.unpack_from("<IHHHBBI", data, 1104)
        self.bs = 1 << bits
        self.check(magic == 0xE0F5E1E2 and dirbits == 0 and not incompat & ~0x4C, f"magic {magic:#x} incompat {incompat:#x}")
        self.check(len(data) == blocks * self.bs, f"file has {len(data)} bytes, superblock {blocks} blocks")
        if compat & 1:
            real = crc32c(data[1024:1028] + bytes(4) + data[1032:self.bs if self.bs > 1024 else 1024 + self.bs])
            self.check(real == crc, f"checksum {crc:#010x}, computed {real:#010x}")
        self.prefixes, at = [], prefix_at * 4
        for _ in range(prefixes):                       # long xattr prefixes, plain placement only
            size, base = struct.unpack_from("<HB", data, at)
            self.prefixes.append((base, data[at + 3:at + 2 + size].decode()))
            at = align(at + 2 + size, 4)
        print(f"sb crc {crc:#010x} compat {compat:#x} incompat {incompat:#x} block {self.bs} root nid {self.root} inos {self.inos} epoch "
              f"{self.epoch}.{self.nsec:09} blocks {blocks} meta_blkaddr {self.meta} xattr_blkaddr {self.shared} extslots {extslots} "
              f"devices {devices} at {devslot * 128:#x} prefixes {self.prefixes} uuid {data[1072:1088].hex()}")

    def check(self, good, what):
        if not good:
            self.faults += 1
            print("FAULT:", what)

    def inode(self, nid):
        at = self.meta * self.bs + 32 * nid
        fmt, icount, mode = struct.unpack_from("<HHH", self.d, at)
        if fmt & 1:
            nb, size, u, ino, uid, gid, mtime, nsec, nlink = struct.unpack_from("<HQIIIIqII", self.d, at + 6)
            self.check(nb == 0, f"nid {nid}: bytes 6-7 of an extended inode must be zero")
        else:
            nlink, size, delta, u, ino, uid, gid = struct.unpack_from("<HIIIIHH", self.d, at + 6)
            mtime, nsec = self.epoch + delta, self.nsec
        self.check(icount != 1 and fmt >> 4 == 0 and fmt >> 1 in LAYOUT, f"nid {nid}: format {fmt:#x} icount {icount}")
        xat = at + (64 if fmt & 1 else 32)
        return dict(nid=nid, at=at, ext=fmt & 1, layout=fmt >> 1 & 7, mode=mode, kind=stat.S_IFMT(mode), size=size, u=u, uid=uid, gid=gid,
                    mtime=mtime, nsec=nsec, nlink=nlink, xat=xat, tail=xat + (12 + 4 * (icount - 1) if icount else 0))

    def entry(self, at):
        namelen, index, size = struct.unpack_from("<BBH", self.d, at)
        base, infix = self.prefixes[index & 0x7F] if index & 0x80 else (index, "")
        value = at + 4 + namelen
        return PREFIX[base] + infix + self.d[at + 4:value].decode(), self.d[value:value + size], align(value + size, 4)

    def xattrs(self, i):
        if i["tail"] == i["xat"]:
            return {}
        ids = struct.unpack_from(f"<{self.d[i['xat'] + 4]}I", self.d, i["xat"] + 12)
        found, at = dict(self.entry(self.shared * self.bs + 4 * k)[:2] for k in ids), i["xat"] + 12 + 4 * len(ids)
        while at < i["tail"]:
            name, found[name], at = self.entry(at)
        self.check(at == i["tail"], f"nid {i['nid']}: xattr entries overrun the body")
        return found

    def extents(self, i):
        """(offset in the file, offset in the image or None for a hole, length) of each piece; blob devices are not followed."""
        size, bs = i["size"], self.bs
        if i["layout"] == 4:
            chunk, unit = bs << (i["u"] & 31), 8 if i["u"] & 32 else 4
            for k in range(-(-size // chunk)):
                blk = struct.unpack_from("<I", self.d, align(i["tail"], unit) + unit * (k + 1) - 4)[0]
                yield k * chunk, None if blk == 0xFFFFFFFF else blk * bs, min(chunk, size - k * chunk)
            return
        full, start = size // bs * bs if i["layout"] == 2 else size, i["u"] * bs
        if full:
            self.check(not any(self.d[start + full:start + align(full, bs)]), f"nid {i['nid']}: padding is not zero")
            yield 0, start, full
        if size > full:
            self.check(i["tail"] % bs + size - full <= bs, f"nid {i['nid']}: inline tail crosses a block")
            yield full, i["tail"], size - full

    def read(self, i):
        return b"".join(bytes(n) if at is None else self.d[at:at + n] for _, at, n in self.extents(i))

    def entries(self, i):
        data, last = self.read(i), b""
        for start, block in ((n, data[n:n + self.bs]) for n in range(0, len(data), self.bs)):
            rows = [struct.unpack_from("<QHB", block, 12 * k) for k in range(struct.unpack_from("<H", block, 8)[0] // 12)]
            for k, (nid, off, kind) in enumerate(rows):
                name = block[off:rows[k + 1][1]] if k + 1 < len(rows) else block[off:].split(b"\0")[0]
                self.check(last < name and 0 < len(name) <= 255, f"nid {i['nid']}: order or length at {name!r}")
                last = name
                yield name, nid, kind, start + 12 * k

    def show(self, i, path):
        what = ""
        if i["kind"] in (stat.S_IFCHR, stat.S_IFBLK):
            what = f"rdev {i['u'] >> 8 & 0xFFF}:{i['u'] & 0xFF | i['u'] >> 12 & 0xFFF00}"
        elif i["kind"] == stat.S_IFREG and i["size"] < 1 << 28:
            what = "sha256 " + hashlib.sha256(self.read(i)).hexdigest()[:16]
        elif i["kind"] == stat.S_IFLNK:
            what = "-> " + self.read(i).decode()
        print(f"{i['at']:#08x} nid {i['nid']} {'ext' if i['ext'] else 'cmp'} {LAYOUT.get(i['layout'])} u={i['u']:#x} {stat.filemode(i['mode'])} "
              f"{i['uid']}:{i['gid']} nlink {i['nlink']} size {i['size']} {i['mtime']}.{i['nsec']:09} {path} {what} {self.xattrs(i) or ''}")
        for offset, at, n in self.extents(i) if self.verbose and i["kind"] == stat.S_IFREG else ():
            print(f"    {offset:#x} <- {'hole' if at is None else hex(at)} +{n:#x}")

    def walk(self, nid, parent, path):
        i, self.links[nid] = self.inode(nid), self.links.get(nid, 0) + 1
        if self.seen.setdefault(nid, i) is i:
            self.show(i, path)
        if i["kind"] == stat.S_IFDIR:
            special = {b".": nid, b"..": parent}
            for name, child, dtype, off in self.entries(i):
                if self.verbose:
                    print(f"    +{off:#x} {name!r} nid {child} type {dtype}")
                if name in special:
                    self.check(special.pop(name) == child, f"{path}: {name!r}")
                else:
                    kind = self.walk(child, nid, f"{path.rstrip('/')}/{name.decode(errors='replace')}")
                    self.check(FTYPE[kind] == dtype, f"{path}: type {dtype} of {name!r}")
                    self.subdirs[nid] = self.subdirs.get(nid, 0) + (kind == stat.S_IFDIR)
            self.check(not special, f"{path}: no . or ..")
        return i["kind"]

    def run(self):
        self.walk(self.root, self.root, "/")
        for nid, i in self.seen.items():
            want = 2 + self.subdirs.get(nid, 0) if i["kind"] == stat.S_IFDIR else self.links[nid]
            self.check(i["nlink"] == want, f"nid {nid}: nlink {i['nlink']}, counted {want}")
        self.check(self.inos == len(self.seen), f"superblock says {self.inos} inodes, reachable {len(self.seen)}")
        return min(self.faults, 1)

if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    with open(sys.argv[1], "rb") as f:
        sys.exit(Image(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ), "-v" in sys.argv[2:]).run())
