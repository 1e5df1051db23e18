#ifndef BEAGLE_CGROUP_H
#define BEAGLE_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "messages.h"

/* Finds out the layout; /sys/fs/cgroup must be in place. */
void cgroup_open(void);

/* Whether a path relative to the hierarchies' roots may be used: absolute or not, without "..", and not the
 * root. */
bool cgroup_path_valid(const char *path);

/* Fills all but the name and the time; what cannot be read stays 0. */
void cgroup_usage(const char *path, struct container_usage *usage);
/* How many processes the kernel killed there for want of memory. */
unsigned long cgroup_oom_kills(const char *path);
/* Sends a signal to every process there and below. The number of processes that were there. */
size_t cgroup_signal(const char *path, int signal_number);
bool cgroup_empty(const char *path);
/* SIGKILL to a process and its descendants, as far as they are in this cgroup, and to its process group. */
void cgroup_kill_descendants(const char *path, pid_t pid);
/* Removes it and what is below from every hierarchy, once it is empty. */
void cgroup_remove(const char *path);

#endif
