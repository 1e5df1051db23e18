/*
 * Folders, and the roots of containers made of them.
 *
 * A folder comes as a detached mount, by descriptor, and is moved to /folders/NAME: no path of the host is
 * ever resolved here, and what is mounted below it on the host later arrives through the mount's peer group.
 *
 * Layers are named in overlayfs's option text through short links (l/0, l/1, ...), relative to the bundle,
 * because that text has one page: this works on every kernel and leaves room for 500 layers.
 */
#include "mount.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "handover.h"
#include "kernel.h"
#include "machine.h"

enum { FOLDER_LIMIT = 4096, LAYER_LIMIT = 500, NAME_LIMIT = 128 };

#define OVERLAY_OPTIONS "redirect_dir=nofollow,metacopy=off,index=off,xino=off"

static struct {
  char **names;
  size_t count;
} folders;

bool name_valid(const char *name) {
  size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
  return length > 0 && length <= NAME_LIMIT && name[length] == '\0' && strcmp(name, ".") != 0 &&
         strcmp(name, "..") != 0;
}

int file_write(const char *path, const void *data, size_t length, unsigned mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0)
    return -errno;
  int result = 0;
  for (size_t at = 0; at < length && result == 0;) {
    ssize_t count = write(fd, (const char *)data + at, length - at);
    if (count < 0 && errno != EINTR)
      result = -errno;
    if (count > 0)
      at += (size_t)count;
  }
  close(fd);
  return result;
}

static char **folder_find(const char *name) {
  for (size_t i = 0; i < folders.count; i++)
    if (strcmp(folders.names[i], name) == 0)
      return &folders.names[i];
  return NULL;
}

const char *const *folder_names(size_t *count) {
  *count = folders.count;
  return (const char *const *)folders.names;
}

static int remember(const char *name) {
  if (folders.count >= FOLDER_LIMIT)
    return -ENOSPC;
  char **grown = realloc(folders.names, (folders.count + 1) * sizeof(*grown));
  if (grown == NULL)
    return -ENOMEM;
  folders.names = grown;
  grown[folders.count] = strdup(name);
  return grown[folders.count] == NULL ? -ENOMEM : (folders.count++, 0);
}

static int attach(int fd, const char *path, bool read_only) {
  struct stat status;
  struct beagle_mount_attr attributes = {.set = BEAGLE_MOUNT_ATTR_RDONLY};
  if (fstat(fd, &status) != 0)
    return -errno;
  /* Not recursive: a submount of a read-only volume is as writable as it is on the host, as Kubernetes has
   * it. */
  if (read_only && beagle_mount_setattr(fd, "", BEAGLE_AT_EMPTY_PATH, &attributes) != 0)
    return -errno;
  if ((S_ISDIR(status.st_mode) ? mkdir(path, 0755) : mknod(path, S_IFREG | 0600, 0)) != 0)
    return -errno;
  if (beagle_move_mount(fd, "", AT_FDCWD, path, BEAGLE_MOVE_MOUNT_F_EMPTY_PATH) == 0)
    return 0;
  int error = errno;
  remove(path);
  return -error;
}

static int attach_handed_over(const struct add_folder *request, const char *path, struct failure *failure) {
  if (*request->handed_over == '\0')
    return fail(failure, EINVAL, "UNSUPPORTED", "folder %s: only handed-over mounts are known here",
                request->name);
  int fd = handover_take(request->handed_over);
  if (fd < 0)
    return fail(failure, ENOENT, "NOT_FOUND", "folder %s: nothing was handed over as '%.64s'", request->name,
                request->handed_over);
  int result = attach(fd, path, request->read_only);
  close(fd);
  return result == 0 ? 0 : fail_errno(failure, result, "attaching folder %s", request->name);
}

static int attach_in_machine(const struct add_folder *request, const char *path, struct failure *failure) {
  int result;
  if (request->scratch)
    result = machine_attach_scratch(request->name, path);
  else if (name_valid(request->export_entry) && request->layer)
    result = machine_attach_layer(request->export_entry, path);
  else if (name_valid(request->export_entry))
    result = machine_attach_entry(request->export_entry, path, request->read_only);
  else
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "folder %s: '%.64s' is no entry of the export",
                request->name, request->export_entry);
  return result == 0 ? 0 : fail_errno(failure, result, "attaching folder %s", request->name);
}

int folder_add(const struct add_folder *request, struct failure *failure) {
  char path[NAME_LIMIT + 16];
  if (!name_valid(request->name))
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "folder name '%.64s' is not allowed", request->name);
  if (folder_find(request->name) != NULL)
    return fail(failure, EEXIST, "ALREADY_EXISTS", "folder %s exists", request->name);
  snprintf(path, sizeof(path), "/folders/%s", request->name);
  int result =
      machine_is() ? attach_in_machine(request, path, failure) : attach_handed_over(request, path, failure);
  if (result != 0)
    return result;
  result = remember(request->name);
  if (result == 0)
    return 0;
  umount2(path, MNT_DETACH);
  remove(path);
  return fail_errno(failure, result, "folder %s", request->name);
}

int folder_remove(const char *name, struct failure *failure) {
  char path[NAME_LIMIT + 16];
  char **found = folder_find(name);
  if (found == NULL)
    return fail(failure, ENOENT, "NOT_FOUND", "folder %.64s does not exist", name);
  snprintf(path, sizeof(path), "/folders/%s", name);
  /* Synchronous when it can be, so that the daemon finds the file system unused after the reply. */
  if (umount2(path, 0) != 0 && umount2(path, MNT_DETACH) != 0)
    return fail_errno(failure, errno, "unmounting folder %s", name);
  remove(path);
  if (machine_is())
    machine_discard(name);
  free(*found);
  *found = folders.names[--folders.count];
  return 0;
}

void folder_remove_all(void) {
  struct failure failure;
  while (folders.count > 0)
    if (folder_remove(folders.names[folders.count - 1], &failure) != 0) {
      note("%s", failure.message);
      return;
    }
}

/*
 * Options of overlayfs for layers that are linked as l/0 (topmost) and so on, and for the upper folder linked
 * as u. Without `volatile` each unmount writes back all that the disk below has not got yet, whoever's it is.
 */
static int overlay_options(char *text, size_t room, size_t layers, bool upper, bool unsynced) {
  size_t at =
      (size_t)snprintf(text, room, "%s%s%s,lowerdir=", OVERLAY_OPTIONS,
                       upper ? ",upperdir=u/upper,workdir=u/work" : "", upper && unsynced ? ",volatile" : "");
  for (size_t i = 0; i < layers && at < room; i++)
    at += (size_t)snprintf(text + at, room - at, "%sl/%zu", i == 0 ? "" : ":", i);
  return at < room ? 0 : -E2BIG;
}

static int link_folder(const char *name, const char *link, struct failure *failure) {
  char target[NAME_LIMIT + 16];
  if (folder_find(name) == NULL)
    return fail(failure, ENOENT, "NOT_FOUND", "folder %.64s does not exist", name);
  snprintf(target, sizeof(target), "/folders/%s", name);
  return symlink(target, link) == 0 ? 0 : fail_errno(failure, errno, "linking folder %s", name);
}

static int bind_layer(const char *name, struct failure *failure) {
  char path[NAME_LIMIT + 16];
  struct beagle_mount_attr attributes = {.set = BEAGLE_MOUNT_ATTR_RDONLY};
  if (folder_find(name) == NULL)
    return fail(failure, ENOENT, "NOT_FOUND", "folder %.64s does not exist", name);
  snprintf(path, sizeof(path), "/folders/%s", name);
  int fd = beagle_open_tree(AT_FDCWD, path, BEAGLE_OPEN_TREE_CLONE);
  int result = 0;
  if (fd < 0 || beagle_mount_setattr(fd, "", BEAGLE_AT_EMPTY_PATH, &attributes) != 0 ||
      beagle_move_mount(fd, "", AT_FDCWD, "rootfs", BEAGLE_MOVE_MOUNT_F_EMPTY_PATH) != 0)
    result = fail_errno(failure, errno, "mounting layer %s as the root", name);
  if (fd >= 0)
    close(fd);
  return result;
}

/* In the bundle as working directory. */
static int mount_overlay(const struct create_container *request, struct failure *failure) {
  const char *const *layers = request->layers.items;
  size_t count = request->layers.count;
  bool upper = *request->upper != '\0';
  char options[4096];
  char link[32];
  int result = 0;
  if (mkdir("l", 0700) != 0)
    return fail_errno(failure, errno, "making the links to the layers");
  for (size_t i = 0; i < count && result == 0; i++) {
    snprintf(link, sizeof(link), "l/%zu", i);
    result = link_folder(layers[count - 1 - i], link, failure);
  }
  if (result == 0 && upper)
    result = link_folder(request->upper, "u", failure);
  if (result != 0)
    return result;
  result = overlay_options(options, sizeof(options), count, upper, request->unsynced);
  if (result != 0)
    return fail_errno(failure, result, "naming %zu layers", count);
  if (mount("beagle", "rootfs", "overlay", upper ? 0 : MS_RDONLY, options) != 0)
    return fail_errno(failure, errno, "mounting overlayfs of %zu layers", count);
  return 0;
}

int container_root_mount(const char *bundle, const struct create_container *request,
                         struct failure *failure) {
  size_t count = request->layers.count;
  if (count == 0 || count > LAYER_LIMIT)
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "container %s: %zu layers; 1 to %d are possible",
                request->container, count, LAYER_LIMIT);
  if (mkdir(bundle, 0755) != 0 || chdir(bundle) != 0 || mkdir("rootfs", 0755) != 0)
    return fail_errno(failure, errno, "making %s", bundle);
  /* overlayfs wants two layers or an upper. */
  const char *const *layers = request->layers.items;
  int result = count == 1 && *request->upper == '\0' ? bind_layer(layers[0], failure)
                                                     : mount_overlay(request, failure);
  if (chdir("/") != 0)
    note("chdir to /: %s", strerror(errno));
  return result;
}

static void remove_files(const char *folder) {
  char path[PATH_MAX];
  DIR *directory = opendir(folder);
  if (directory == NULL)
    return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
      remove(path);
  }
  closedir(directory);
}

void container_root_remove(const char *bundle) {
  char path[NAME_LIMIT + 64];
  snprintf(path, sizeof(path), "%s/rootfs", bundle);
  if (umount2(path, 0) != 0 && errno == EBUSY)
    umount2(path, MNT_DETACH);
  snprintf(path, sizeof(path), "%s/l", bundle);
  remove_files(path);
  /* Never recursive: rootfs is only removed as the empty mount point that it is. */
  remove_files(bundle);
  if (rmdir(bundle) != 0 && errno != ENOENT)
    note("%s stays: %s", bundle, strerror(errno));
}
