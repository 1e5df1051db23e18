#ifndef BEAGLE_ROOT_H
#define BEAGLE_ROOT_H

#include "failure.h"

/*
 * Gives the process a mount namespace and the root that PROTOCOL.md describes. `toolbox` and `port` are paths
 * of the host. Nothing of the host's mount table changes.
 */
int root_enter(const char *toolbox, const char *port, struct failure *failure);

/* The folders of that root which are the agent's own. */
int root_furnish(struct failure *failure);

#endif
