#ifndef BEAGLE_NETLINK_H
#define BEAGLE_NETLINK_H

#include <stdint.h>

#include "wire.h"

/* Requests to the kernel's routing socket, in the thread's network namespace; each returns 0 or a negative
 * errno. */

int netlink_open(void); /* the socket, or a negative errno */
int netlink_link_up(int socket, int index, uint32_t mtu, const struct bytes *mac, uint32_t queue);
int netlink_add_address(int socket, int index, const struct bytes *address, unsigned prefix_length);
/* `destination` is NULL for the default route, `gateway` NULL for what is on the link. */
int netlink_add_route(int socket, int index, const struct bytes *destination, unsigned prefix_length,
                      const struct bytes *gateway);

/* Moves an interface into the network namespace of a descriptor, under a new name; `socket` and `index` are
 * of the one where it is. */
int netlink_move(int socket, int index, int target, const char *name);

#endif
