#ifndef BEAGLE_CHANNEL_H
#define BEAGLE_CHANNEL_H

#include "failure.h"
#include "messages.h"

/* Whom a request came from: a reply goes to the same control connection or nowhere. */
struct caller {
  uint64_t connection;
  uint64_t request;
};

struct channel_handler {
  /* `request` and all it points to live until this returns. */
  void (*request)(struct caller caller, const struct request *request);
  /* A control connection was admitted; events that it should know are sent from here. */
  void (*connected)(void);
  /* Whether who connected may speak; NULL where the listening socket is enough. */
  bool (*admits)(int fd);
};

/* Serves a listening socket (non-blocking, owned). */
int channel_open(int listener, struct channel_handler handler);

void channel_reply(struct caller caller, const struct reply *reply); /* sets the reply's id */
void channel_ok(struct caller caller);
void channel_fail(struct caller caller, const struct failure *failure);
void channel_event(const struct exited *exited);
/* Sends what is queued, waiting for at most a second, and closes everything. */
void channel_close(void);

#endif
