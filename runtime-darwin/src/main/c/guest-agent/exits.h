#ifndef BEAGLE_EXITS_H
#define BEAGLE_EXITS_H

#include "messages.h"

/* Ends of processes that the daemon has not acknowledged. */

/* Remembers it (names are copied) and tells the daemon, if one is connected. */
void exits_add(const struct exited *exited);
bool exits_known(const char *container, const char *exec);
void exits_acknowledge(const char *container, const char *exec);
void exits_forget_container(const char *container);
/* Sends all of them again. */
void exits_send(void);
/* Fills a list of struct exited; its memory comes from the arena, the names stay here. -ENOMEM. */
int exits_list(struct arena *arena, struct repeated *list);

#endif
