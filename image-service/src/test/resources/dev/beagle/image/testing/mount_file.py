#!/usr/bin/env python3
"""Mount an EROFS image straight from its file: mount(8) would put a loop device under it without being asked.
usage: mount_file.py IMAGE FOLDER
"""
import ctypes, os, sys

MS_RDONLY = 1
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2]), b"erofs", MS_RDONLY, None) != 0:
    sys.exit(f"mount of {sys.argv[1]}: {os.strerror(ctypes.get_errno())}")
