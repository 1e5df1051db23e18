#ifndef BEAGLE_OUTPUT_H
#define BEAGLE_OUTPUT_H

#include <stdbool.h>

#include "log.h"
#include "loop.h"
#include "wire.h"

struct sink;

/* What comes out of a process (or a forwarded port): read once, given to the log and to every connected
 * stream. */
struct output {
  struct watch source;
  struct log *log; /* NULL for none; not owned */
  enum log_stream stream;
  struct sink *sinks;
  unsigned awaited;    /* announced streams that have not connected: nothing is read until they have */
  bool ends_unwatched; /* end when the last stream is gone, instead of reading on */
  bool watched;        /* a stream has connected at some time */
  void (*ended)(struct output *output);
  void *owner;
};

/*
 * `fd` is owned and non-blocking, closed when this fails (-ENOMEM, and errors of epoll); -1 when it will be
 * known later, by output_source. `ended` is called once, at its end, and may free the output.
 */
struct output *output_open(int fd, struct log *log, enum log_stream stream, void (*ended)(struct output *),
                           void *owner, int *error);
int output_source(struct output *output, int fd);
/* Announces a stream; an empty token announces none. As ticket_issue. */
int output_announce(struct output *output, const struct bytes *token);
/* The same for a caller that has the ticket itself: one is awaited, then it is there. */
void output_await(struct output *output);
void output_attach(struct output *output, int fd);
/* Lets go who does not read, reads what is there, then ends, even if somebody still holds the other end. */
void output_finish(struct output *output);
/* After its end, streams that still have bytes to send go on alone. */
void output_free(struct output *output);

#endif
