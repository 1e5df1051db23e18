#ifndef BEAGLE_PAUSE_H
#define BEAGLE_PAUSE_H

#include <sys/types.h>

#include "failure.h"

/* Starts pause as PID 1 of a new PID namespace, in the caller's other namespaces. It dies with the agent. */
int pause_start(pid_t *pid, struct failure *failure);
/* What `beagle-agent pause` does: reaps for ever. */
int pause_main(void);

#endif
