#ifndef BEAGLE_SANDBOX_H
#define BEAGLE_SANDBOX_H

#include "channel.h"

/* Remembers the world's namespaces; once, at the start. */
int sandbox_init(void);

int sandbox_open(struct caller caller, const struct open_sandbox *request, struct failure *failure);
/* A non-blocking TCP socket in the sandbox's network; -ENOTCONN before the sandbox is open. */
int sandbox_socket(int family);
/* Before a container is made. A pause that was killed took the shared PID namespace with it, and all that ran
 * there: those to come get a new one. */
int sandbox_renew_pid(struct failure *failure);
int sandbox_list(struct caller caller, struct failure *failure);
/* Kills and unmounts everything, answers, and ends the loop. */
int sandbox_close(struct caller caller);

#endif
