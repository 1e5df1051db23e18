/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * newc OUT FILE...: an initramfs with the files in its root, under their own
 * names. The format is the kernel's Documentation/driver-api/early-userspace.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *path) {
  fprintf(stderr, "newc: %s: %s\n", path, strerror(errno));
  exit(1);
}

static void pad(FILE *out) {
  while (ftell(out) % 4)
    putc(0, out);
}

static void put(FILE *out, const char *name, unsigned inode, const void *data, size_t size) {
  const unsigned mode = size ? 0100755 : 0;
  fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", inode, mode, 0, 0, 1, 0, size,
          0, 0, 0, 0, strlen(name) + 1, 0);
  fwrite(name, strlen(name) + 1, 1, out);
  pad(out);
  fwrite(data, 1, size, out);
  pad(out);
}

static void add(FILE *out, const char *path, unsigned inode) {
  const char *slash = strrchr(path, '/');
  FILE *in = fopen(path, "rb");
  if (!in || fseek(in, 0, SEEK_END))
    die(path);
  size_t size = (size_t)ftell(in);
  rewind(in);
  void *data = malloc(size);
  if (!data || fread(data, 1, size, in) != size)
    die(path);
  put(out, slash ? slash + 1 : path, inode, data, size);
  free(data);
  fclose(in);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: newc OUT FILE...\n");
    return 2;
  }
  FILE *out = fopen(argv[1], "wb");
  if (!out)
    die(argv[1]);
  for (int i = 2; i < argc; i++)
    add(out, argv[i], (unsigned)i);
  put(out, "TRAILER!!!", 0, "", 0);
  if (fclose(out))
    die(argv[1]);
  return 0;
}
