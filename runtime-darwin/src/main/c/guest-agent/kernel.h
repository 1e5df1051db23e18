#ifndef BEAGLE_KERNEL_H
#define BEAGLE_KERNEL_H

/*
 * System calls of Linux 5.2 to 5.12 that musl 1.2.3 has no functions for, and whose header clashes with
 * sys/mount.h in glibc 2.36. Numbers are the same on all architectures. Each returns as the system call does:
 * -1 and errno.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define BEAGLE_OPEN_TREE_CLONE 1u
#define BEAGLE_AT_RECURSIVE 0x8000u
#define BEAGLE_MOVE_MOUNT_F_EMPTY_PATH 4u
#define BEAGLE_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define BEAGLE_MOUNT_ATTR_RDONLY 1u
#define BEAGLE_AT_EMPTY_PATH 0x1000

struct beagle_mount_attr {
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t userns;
};

static inline int beagle_open_tree(int directory, const char *path, unsigned flags) {
  return (int)syscall(428, directory, path, flags | O_CLOEXEC);
}

static inline int beagle_move_mount(int from, const char *from_path, int to, const char *to_path,
                                    unsigned flags) {
  return (int)syscall(429, from, from_path, to, to_path, flags);
}

static inline int beagle_mount_setattr(int directory, const char *path, unsigned flags,
                                       const struct beagle_mount_attr *attributes) {
  return (int)syscall(442, directory, path, flags, attributes, sizeof(*attributes));
}

static inline int beagle_pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

#endif
