#ifndef BEAGLE_NETWORK_H
#define BEAGLE_NETWORK_H

#include "failure.h"
#include "messages.h"

/* In the calling thread's network namespace: lo up, if it is a new one. */
int network_loopback_up(struct failure *failure);
/* In the calling thread's network namespace: makes the TAP with all that it has, and starts to pump its
 * frames. The TAP of a namespace of the sandbox's own lives as long as that, another one until network_close.
 * In a machine the card takes its place, whose frames are the host's matter; `world` is then a netlink socket
 * of the namespace that the card is in. */
int network_open(const struct interface *interface, bool own_namespace, int world, struct failure *failure);
/* Ends the pump. */
void network_close(void);

#endif
