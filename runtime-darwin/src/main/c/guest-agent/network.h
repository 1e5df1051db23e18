#ifndef BEAGLE_NETWORK_H
#define BEAGLE_NETWORK_H

#include "failure.h"
#include "messages.h"

/* In the calling thread's network namespace: lo up, if it is a new one. */
int network_loopback_up(struct failure *failure);
/* In the calling thread's network namespace: makes the TAP with all that it has, and starts to pump its
 * frames. */
int network_open(const struct interface *interface, struct failure *failure);
/* Ends the pump; the TAP goes with it. */
void network_close(void);

#endif
