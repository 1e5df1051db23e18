#ifndef BEAGLE_INPUT_H
#define BEAGLE_INPUT_H

#include <stdbool.h>

#include "loop.h"
#include "wire.h"

struct feeder;

/* What goes into a process (or a forwarded port), from any number of connected streams. */
struct input {
  struct watch target; /* fd is -1 before input_target and once closed */
  bool waiting;        /* for input_target */
  struct feeder *feeders;
  bool closes;                          /* the first end of a stream closes the target */
  bool closes_unused;                   /* a stream that never connects closes it too */
  void (*starved)(struct input *input); /* the last stream is gone; may be NULL */
  void *owner;
};

/* `fd` is owned and non-blocking, closed when this fails; -1 when it will be known later, by input_target. */
struct input *input_open(int fd, bool closes, int *error);
void input_target(struct input *input, int fd);
/* Announces a stream; an empty token announces none. As ticket_issue. */
int input_announce(struct input *input, const struct bytes *token);
void input_attach(struct input *input, int fd); /* a stream that is there */
void input_free(struct input *input);

#endif
