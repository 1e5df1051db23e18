/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /init of a guest with two disks (the second an empty place), a console on virtio and a source of random
 * bytes. It says on the first console what it found, a line each, and last RESULT; "READY ..." lines ask the
 * host to do something. Whoever runs it checks the images afterwards.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define MIB (1L << 20)
#define SPARE "/dev/vdb"
#define SPARE_SIZE "/sys/block/vdb/size"

static int failures;

static int report(const char *what, int ok) {
  if (!ok)
    failures++;
  if (ok)
    printf("PASS %s\n", what);
  else
    printf("FAIL %s: %m\n", what);
  return ok;
}

static int load_module(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC), compressed = 4;
  int r = fd < 0 ? -1 : (int)syscall(SYS_finit_module, fd, "", compressed);
  close(fd);
  return r;
}

static int read_text(const char *path, char *text, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
  text[n > 0 ? n : 0] = 0;
  text[strcspn(text, "\n")] = 0;
  close(fd);
  return n > 0;
}

static void show(const char *path) {
  char text[128];
  read_text(path, text, sizeof text);
  printf("SHOW %s %s\n", path, text);
}

static void fill(uint32_t *words, size_t bytes, uint32_t seed) {
  for (size_t i = 0; i < bytes / 4; i++)
    words[i] = seed + (uint32_t)i * 2654435761u;
}

static int write_pattern(int fd, size_t bytes, uint32_t seed) {
  uint32_t *words = malloc(bytes);
  fill(words, bytes, seed);
  size_t done = 0;
  while (done < bytes) {
    ssize_t n = write(fd, (char *)words + done, bytes - done);
    if (n <= 0)
      break;
    done += (size_t)n;
  }
  free(words);
  return done == bytes;
}

static int has_pattern(int fd, size_t bytes, uint32_t seed) {
  uint32_t *words = malloc(bytes), *read_back = malloc(bytes);
  fill(words, bytes, seed);
  size_t done = 0;
  while (done < bytes) {
    ssize_t n = read(fd, (char *)read_back + done, bytes - done);
    if (n <= 0)
      break;
    done += (size_t)n;
  }
  int same = done == bytes && !memcmp(words, read_back, bytes);
  free(words);
  free(read_back);
  return same;
}

/* Past the page cache, so that every byte comes from the device. */
static void file_system(void) {
  mkdir("/mnt", 0755);
  if (!report("mount ext4", !mount("/dev/vda", "/mnt", "ext4", 0, "")))
    return;
  int fd = open("/mnt/from-the-host", O_RDONLY);
  report("what the host wrote", has_pattern(fd, 3 * MIB, 7));
  close(fd);
  fd = open("/mnt/kept", O_RDWR | O_CREAT, 0644);
  report("write 8 MiB and fsync", write_pattern(fd, 8 * MIB, 42) && !fsync(fd));
  close(fd);
  fd = open("/mnt/gone", O_RDWR | O_CREAT, 0644);
  report("write 24 MiB and fsync", write_pattern(fd, 24 * MIB, 43) && !fsync(fd));
  close(fd);
  unlink("/mnt/gone");
  sync();
  fd = open("/mnt", O_RDONLY);
  struct fstrim_range all = {.start = 0, .len = UINT64_MAX, .minlen = 0};
  report("fstrim", !ioctl(fd, FITRIM, &all));
  printf("SHOW trimmed %llu\n", (unsigned long long)all.len);
  close(fd);
  int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);
  report("drop caches", write(drop, "3", 1) == 1);
  close(drop);
  fd = open("/mnt/kept", O_RDONLY);
  report("read 8 MiB back", has_pattern(fd, 8 * MIB, 42));
  close(fd);
  report("unmount", !umount("/mnt"));
}

static long spare_sectors(void) {
  char text[64];
  return read_text(SPARE_SIZE, text, sizeof text) ? atol(text) : -1;
}

static int await_spare(long sectors) {
  for (int i = 0; i < 6000 && spare_sectors() != sectors; i++)
    usleep(10000);
  return spare_sectors() == sectors;
}

static void spare_disk(void) {
  report("the spare disk is empty", spare_sectors() == 0);
  printf("READY attach\n");
  if (!report("the spare disk has 16 MiB", await_spare(16 * MIB / 512)))
    return;
  int fd = open(SPARE, O_RDWR | O_DIRECT | O_CLOEXEC);
  void *page = NULL;
  if (posix_memalign(&page, 4096, MIB))
    return;
  fill(page, MIB, 99);
  report("write directly", pwrite(fd, page, MIB, 4 * MIB) == MIB && !fsync(fd));
  memset(page, 0, MIB);
  report("read directly", pread(fd, page, MIB, 4 * MIB) == MIB);
  uint32_t *want = malloc(MIB);
  fill(want, MIB, 99);
  report("the same", !memcmp(want, page, MIB));
  uint64_t discarded[2] = {8 * MIB, 4 * MIB}, zeroed[2] = {4 * MIB + 512, 1024};
  report("discard", !ioctl(fd, BLKDISCARD, discarded));
  report("write zeroes", !ioctl(fd, BLKZEROOUT, zeroed));
  report("no write beyond the end", pwrite(fd, page, 4096, 16 * MIB) < 0);
  close(fd);
  printf("READY detach\n");
  report("the spare disk is empty again", await_spare(0));
}

static void console(void) {
  int fd = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (!report("open hvc0", fd >= 0))
    return;
  struct termios raw;
  tcgetattr(fd, &raw);
  cfmakeraw(&raw);
  tcsetattr(fd, TCSANOW, &raw);
  struct winsize size = {0};
  for (int i = 0; i < 3000 && size.ws_col != 132; i++) {
    usleep(10000);
    ioctl(fd, TIOCGWINSZ, &size);
  }
  printf("SHOW window %d %d\n", size.ws_col, size.ws_row);
  report("hello from hvc0", write(fd, "hello from hvc0\n", 16) == 16);
  report("64 KiB to hvc0", write_pattern(fd, 65536, 5));
  printf("READY type\n");
  char typed[16] = {0};
  size_t n = 0;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (n < 6 && poll(&p, 1, 30000) > 0) {
    ssize_t r = read(fd, typed + n, 6 - n);
    if (r <= 0)
      break;
    n += (size_t)r;
  }
  report("what was typed", !strcmp(typed, "typed\n"));
  close(fd);
}

static void entropy(void) {
  uint8_t bytes[4096] = {0};
  int fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC), seen[256] = {0}, different = 0;
  size_t n = 0;
  while (n < sizeof bytes) {
    ssize_t r = read(fd, bytes + n, sizeof bytes - n);
    if (r <= 0)
      break;
    n += (size_t)r;
  }
  for (size_t i = 0; i < n; i++)
    different += !seen[bytes[i]]++;
  report("4 KiB of random bytes", n == sizeof bytes && different > 200);
  close(fd);
}

int main(void) {
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  int fd = open("/dev/console", O_RDWR);
  for (int i = 0; i < 3; i++)
    dup2(fd, i);
  setvbuf(stdout, NULL, _IOLBF, 0);
  report("modules", !load_module("/virtio_mmio.ko.xz") && !load_module("/virtio_blk.ko.xz") &&
                        !load_module("/virtio-rng.ko.xz"));
  const char *shown[] = {"size",
                         "serial",
                         "ro",
                         "queue/physical_block_size",
                         "queue/discard_max_bytes",
                         "queue/write_zeroes_max_bytes",
                         "queue/write_cache"};
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    char path[64];
    snprintf(path, sizeof path, "/sys/block/vda/%s", shown[i]);
    show(path);
  }
  show("/sys/block/vdb/serial");
  entropy();
  console();
  file_system();
  spare_disk();
  printf("RESULT %s\n", failures ? "FAIL" : "PASS");
  sync();
  reboot(RB_POWER_OFF);
  for (;;)
    pause();
}
