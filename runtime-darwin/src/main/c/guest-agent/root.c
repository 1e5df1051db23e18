/*
 * The agent's root, made once at the start.
 *
 * The agent takes a mount namespace whose mounts are all private, so nothing it does reaches the host's mount
 * table and everything is gone with its last process. What it keeps of the host is first cloned into detached
 * mounts (open_tree), then a tmpfs becomes the root, the old root is detached, and the clones are put in
 * their places. Folders that come later are detached mounts too; these keep the propagation that the daemon's
 * had.
 *
 * The sandbox's files have a small tmpfs of their own: containers hold them writable, and what they fill must
 * not be where bundles are written.
 *
 * In a hybrid cgroup layout (v1 controllers, and a v2 mount beside them) the v2 mount is left out: crun up
 * to 1.21 refuses that layout and runc does not need it.
 */
#include "root.h"

#include <errno.h>
#include <libgen.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "kernel.h"

enum { KEPT_PROC, KEPT_SYS, KEPT_DEV, KEPT_TOOLBOX, KEPT_PORT, KEPT_SELF, KEPT_COUNT };

struct kept {
  const char *source;
  const char *target;
  bool recursive;
  bool read_only;
  bool file;
  int fd;
};

static int clone_tree(struct kept *kept, struct failure *failure) {
  unsigned flags = BEAGLE_OPEN_TREE_CLONE | (kept->recursive ? BEAGLE_AT_RECURSIVE : 0);
  kept->fd = beagle_open_tree(AT_FDCWD, kept->source, flags);
  if (kept->fd < 0)
    return fail_errno(failure, errno, "open_tree of %s", kept->source);
  struct beagle_mount_attr attributes = {.set = BEAGLE_MOUNT_ATTR_RDONLY};
  unsigned all = BEAGLE_AT_EMPTY_PATH | (kept->recursive ? BEAGLE_AT_RECURSIVE : 0);
  if (kept->read_only && beagle_mount_setattr(kept->fd, "", all, &attributes) != 0)
    return fail_errno(failure, errno, "making %s read-only", kept->source);
  return 0;
}

static int attach_tree(const struct kept *kept, struct failure *failure) {
  int made = kept->file ? mknod(kept->target, S_IFREG | 0600, 0) : mkdir(kept->target, 0755);
  if (made != 0 && errno != EEXIST)
    return fail_errno(failure, errno, "making %s in the agent's root", kept->target);
  if (beagle_move_mount(kept->fd, "", AT_FDCWD, kept->target, BEAGLE_MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return fail_errno(failure, errno, "mounting %s in the agent's root", kept->target);
  close(kept->fd);
  return 0;
}

/* A tmpfs over /proc (which every host has, and which was cloned before) becomes the root. */
static int pivot(struct failure *failure) {
  if (mount("beagle", "/proc", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") != 0)
    return fail_errno(failure, errno, "mounting the agent's root");
  if (chdir("/proc") != 0 || beagle_pivot_root(".", ".") != 0)
    return fail_errno(failure, errno, "pivot_root");
  /* Both roots are now mounted on /, the old one above. */
  if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
    return fail_errno(failure, errno, "detaching the host's root");
  return 0;
}

static int make_folders(struct failure *failure) {
  static const char *const folders[] = {"/sandbox", "/sandbox/ns", "/sandbox/files", "/sandbox/shm",
                                        "/folders", "/containers", "/run",           "/run/runtime",
                                        "/tmp",     "/etc"};
  for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
    if (mkdir(folders[i], 0755) != 0 && errno != EEXIST)
      return fail_errno(failure, errno, "making %s in the agent's root", folders[i]);
  return 0;
}

static int mount_files(struct failure *failure) {
  if (mount("files", "/sandbox/files", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=256k") != 0)
    return fail_errno(failure, errno, "mounting the folder of the sandbox's files");
  return 0;
}

int root_furnish(struct failure *failure) {
  int result = make_folders(failure);
  return result == 0 ? mount_files(failure) : result;
}

/* The toolbox's own folders at the paths where programs look for libraries. */
static int link_toolbox(struct failure *failure) {
  static const char *const names[] = {"bin", "sbin", "lib", "lib64", "usr"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char target[32];
    char link[32];
    snprintf(target, sizeof(target), "toolbox/%s", names[i]);
    snprintf(link, sizeof(link), "/%s", names[i]);
    if (access(target, F_OK) == 0 && symlink(target, link) != 0)
      return fail_errno(failure, errno, "making %s in the agent's root", link);
  }
  return 0;
}

/* Unmounts the v2 hierarchy of a hybrid layout, wherever below /sys/fs/cgroup it is. */
static int hide_unified(struct failure *failure) {
  struct statfs status;
  if (statfs("/sys/fs/cgroup", &status) != 0 || status.f_type != TMPFS_MAGIC)
    return 0;
  FILE *table = fopen("/proc/self/mountinfo", "re");
  if (table == NULL)
    return fail_errno(failure, errno, "reading the mount table");
  char line[4096];
  char unified[4096] = "";
  while (fgets(line, sizeof(line), table) != NULL)
    if (strstr(line, " - cgroup2 ") != NULL && sscanf(line, "%*s %*s %*s %*s %4095s", unified) != 1)
      unified[0] = '\0';
  fclose(table);
  if (unified[0] != '\0' && umount2(unified, MNT_DETACH) != 0)
    return fail_errno(failure, errno, "hiding the cgroup v2 mount at %s", unified);
  return 0;
}

int root_enter(const char *toolbox, const char *port, struct failure *failure) {
  char port_folder[4096];
  char port_link[4200];
  char self[4096];
  if (strlen(port) >= sizeof(port_folder) || port[0] != '/')
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "--port: an absolute path is needed");
  strcpy(port_folder, port);
  snprintf(port_link, sizeof(port_link), "port/%s", strrchr(port, '/') + 1);
  struct kept kept[KEPT_COUNT] = {
      [KEPT_PROC] = {"/proc", "/proc", true, false, false, -1},
      [KEPT_SYS] = {"/sys", "/sys", true, false, false, -1},
      [KEPT_DEV] = {"/dev", "/dev", true, false, false, -1},
      [KEPT_TOOLBOX] = {toolbox, "/toolbox", true, true, false, -1},
      [KEPT_PORT] = {dirname(port_folder), "/port", false, true, false, -1},
      /* pause runs from here: what a container sees as /proc/1/exe is on a mount that nobody can write
         through. */
      [KEPT_SELF] = {self, "/agent", false, true, true, -1},
  };
  /* By its path: the link itself leads to a mount of the namespace that we are about to leave. */
  ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
  if (length < 0)
    return fail_errno(failure, errno, "finding the agent's own program");
  self[length] = '\0';
  if (unshare(CLONE_NEWNS) != 0)
    return fail_errno(failure, errno, "making a mount namespace");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return fail_errno(failure, errno, "making all mounts private");
  int result = 0;
  for (int i = 0; i < KEPT_COUNT && result == 0; i++)
    result = clone_tree(&kept[i], failure);
  if (result == 0)
    result = pivot(failure);
  for (int i = 0; i < KEPT_COUNT && result == 0; i++)
    result = attach_tree(&kept[i], failure);
  if (result == 0)
    result = root_furnish(failure);
  if (result == 0)
    result = link_toolbox(failure);
  if (result == 0)
    result = hide_unified(failure);
  if (result == 0 && symlink(port_link, "/port.sock") != 0)
    result = fail_errno(failure, errno, "making /port.sock");
  return result;
}
