#ifndef BEAGLE_SPAWN_H
#define BEAGLE_SPAWN_H

#include <sys/types.h>

/*
 * Starts argv[0] (an absolute path) with these three descriptors as its stdio and nothing else open, default
 * signals and the limits that the agent itself was started with. 0 or a negative errno, also when exec fails.
 */
int spawn(const char *const *argv, const int stdio[3], pid_t *pid);

/* Raises the agent's own limit of open files; children get the old one. */
void spawn_raise_limits(void);

#endif
