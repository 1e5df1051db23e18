#ifndef BEAGLE_STREAM_H
#define BEAGLE_STREAM_H

#include <stdbool.h>

#include "log.h"
#include "loop.h"
#include "wire.h"

struct sink;
struct feeder;

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

/*
 * `fd` is owned and non-blocking, closed when this fails (-ENOMEM, and errors of epoll); -1 when it will be
 * known later, by output_source. `ended` is called once, at its end, and may free the output.
 */
struct output *output_open(int fd, struct log *log, enum log_stream stream, void (*ended)(struct output *),
                           void *owner, int *error);
int output_source(struct output *output, int fd);
/* Announces a stream; an empty token announces none. As ticket_issue. */
int output_announce(struct output *output, const struct bytes *token);
/* Whoever does not read is let go, what is there is read, then the end is called even if somebody holds the
 * other end. */
void output_finish(struct output *output);
void output_free(
    struct output *output); /* after its end; streams that still have bytes to send go on alone */

struct input *input_open(int fd, bool closes, int *error); /* fd as in output_open */
void input_target(struct input *input, int fd);
int input_announce(struct input *input, const struct bytes *token);
void input_free(struct input *input);

/* Joins a connected socket to the stream with this token, both ways, until both ends have closed. Owns
 * `socket`. */
int relay_open(int socket, const struct bytes *token);

#endif
