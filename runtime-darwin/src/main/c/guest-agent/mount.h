#ifndef BEAGLE_MOUNT_H
#define BEAGLE_MOUNT_H

#include "failure.h"
#include "messages.h"

/* Whether a name may be one component of a path in the agent's root: [A-Za-z0-9._-], 1 to 128, not "." or
 * "..". */
bool name_valid(const char *name);

int folder_add(const struct add_folder *request, struct failure *failure);
int folder_remove(const char *name, struct failure *failure);
/* Names of the folders, in the order of their coming; the array belongs to this file. */
const char *const *folder_names(size_t *count);
/* Unmounts all of them, for the end of the sandbox. */
void folder_remove_all(void);

/* Mounts the root of a container at `bundle`/rootfs: overlayfs, or the one layer itself when there is no
 * upper. */
int container_root_mount(const char *bundle, const struct create_container *request, struct failure *failure);
/* Unmounts it and removes the bundle. Harmless when half of it was made. */
void container_root_remove(const char *bundle);

/* Creates or truncates; -errno. */
int file_write(const char *path, const void *data, size_t length, unsigned mode);

#endif
