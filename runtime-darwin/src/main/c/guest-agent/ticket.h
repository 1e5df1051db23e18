#ifndef BEAGLE_TICKET_H
#define BEAGLE_TICKET_H

#include "wire.h"

/*
 * A stream that was announced and is awaited. `connected` gets the connection's descriptor and owns it;
 * `expired` says that it will never come. Exactly one of the two is called, unless the ticket is withdrawn.
 */
struct ticket;

struct ticket_owner {
  void (*connected)(void *owner, int fd);
  void (*expired)(void *owner);
  void *owner;
};

/* -EINVAL: not a token; -EEXIST: announced already; -ENOMEM. */
int ticket_issue(const struct bytes *token, struct ticket_owner owner);
void ticket_withdraw_owner(const void *owner); /* every ticket of that owner, without a call */
bool ticket_known(const struct bytes *token);
/* -ENOENT: unknown, used or expired; the descriptor then stays the caller's. */
int ticket_use(const struct bytes *token, int fd);
void ticket_expire_all(void); /* the control connection ended */

#endif
