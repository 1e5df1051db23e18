/*
 * One source, any number of sinks. The source is read only while nobody is awaited and no sink has bytes left
 * over: so a slow reader stops its own process (the pipe fills) and nothing else, and memory is bounded by
 * one buffer per sink. Without sinks it is read on, into the log if there is one. A sink that fails is let
 * go. When the source ends, sinks that still have bytes go on alone until these are sent.
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ticket.h"

enum { BUFFER_SIZE = 64 << 10 };

struct sink {
  struct watch watch;    /* first */
  struct output *output; /* NULL: the output is at its end, we go when our bytes are sent */
  struct sink *next;
  size_t at;
  size_t length;
  uint8_t *pending; /* NULL while nothing is left over */
};

/* One buffer for reading serves all outputs: it is empty again before anybody else runs. */
static uint8_t scratch[BUFFER_SIZE];

static void output_update(struct output *output);

static void sink_free(struct sink *sink) {
  loop_remove(&sink->watch);
  shutdown(sink->watch.fd, SHUT_WR);
  close(sink->watch.fd);
  free(sink->pending);
  free(sink);
}

static void sink_detach(struct sink *sink) {
  struct output *output = sink->output;
  if (output != NULL) {
    struct sink **link = &output->sinks;
    while (*link != sink)
      link = &(*link)->next;
    *link = sink->next;
  }
  sink_free(sink);
}

/* 0: all is sent; 1: something is left; negative: the connection is gone. */
static int sink_send(struct sink *sink, const uint8_t *data, size_t length, size_t *sent) {
  *sent = 0;
  while (*sent < length) {
    ssize_t count = send(sink->watch.fd, data + *sent, length - *sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno == EAGAIN ? 1 : -errno;
    *sent += (size_t)count;
  }
  return 0;
}

static int sink_put(struct sink *sink, const uint8_t *data, size_t length) {
  size_t sent;
  int result = sink_send(sink, data, length, &sent);
  if (result <= 0)
    return result;
  sink->pending = malloc(length - sent);
  if (sink->pending == NULL)
    return -ENOMEM;
  memcpy(sink->pending, data + sent, length - sent);
  sink->at = 0;
  sink->length = length - sent;
  return loop_change(&sink->watch, EPOLLOUT);
}

static void sink_ready(struct watch *watch, uint32_t events) {
  struct sink *sink = (struct sink *)watch;
  struct output *output = sink->output;
  size_t sent;
  int result = (events & (EPOLLERR | EPOLLHUP)) != 0 ? -EPIPE : 0;
  if (result == 0 && sink->pending != NULL)
    result = sink_send(sink, sink->pending + sink->at, sink->length - sink->at, &sent), sink->at += sent;
  if (result == 0 && sink->pending != NULL) {
    free(sink->pending);
    sink->pending = NULL;
    result = loop_change(&sink->watch, 0);
  }
  if (result < 0 || (result == 0 && output == NULL))
    sink_detach(sink);
  if (output != NULL)
    output_update(output);
}

static void output_end(struct output *output) {
  loop_remove(&output->source);
  close(output->source.fd);
  output->source.fd = -1;
  if (output->log != NULL)
    log_end(output->log, output->stream);
  for (struct sink *sink = output->sinks, *next; sink != NULL; sink = next) {
    next = sink->next;
    sink->output = NULL;
    if (sink->pending == NULL)
      sink_free(sink);
  }
  output->sinks = NULL;
  output->ended(output);
}

/* Whether the source may be read now; the end of an output that nobody watches any more. */
static void output_update(struct output *output) {
  bool blocked = output->awaited > 0;
  if (output->source.fd < 0)
    return;
  for (struct sink *sink = output->sinks; sink != NULL; sink = sink->next)
    blocked |= sink->pending != NULL;
  if (output->ends_unwatched && output->watched && output->sinks == NULL && !blocked) {
    output_end(output);
    return;
  }
  /* A source that is not wanted is taken out: epoll would report its hangup for ever. */
  if (blocked)
    loop_remove(&output->source);
  else
    loop_change(&output->source, EPOLLIN);
}

static void output_give(struct output *output, const uint8_t *data, size_t length) {
  if (output->log != NULL)
    log_put(output->log, output->stream, data, length);
  for (struct sink *sink = output->sinks, *next; sink != NULL; sink = next) {
    next = sink->next;
    if (sink_put(sink, data, length) < 0)
      sink_detach(sink);
  }
}

/* 1: something was read; 0: the end; -EAGAIN: nothing now. A pty whose other side is closed says EIO. */
static int output_read(struct output *output) {
  ssize_t length;
  do
    length = read(output->source.fd, scratch, sizeof(scratch));
  while (length < 0 && errno == EINTR);
  if (length > 0)
    output_give(output, scratch, (size_t)length);
  return length > 0 ? 1 : length < 0 && errno == EAGAIN ? -EAGAIN : 0;
}

static void output_ready(struct watch *watch, uint32_t events) {
  struct output *output = (struct output *)watch;
  (void)events;
  if (output_read(output) == 0)
    output_end(output);
  else
    output_update(output);
}

struct output *output_open(int fd, struct log *log, enum log_stream stream, void (*ended)(struct output *),
                           void *owner, int *error) {
  struct output *output = calloc(1, sizeof(*output));
  *error = output == NULL ? -ENOMEM : 0;
  if (output != NULL) {
    output->source = (struct watch){.fd = fd, .events = EPOLLIN, .ready = output_ready};
    output->log = log;
    output->stream = stream;
    output->ended = ended;
    output->owner = owner;
    *error = fd < 0 ? 0 : loop_add(&output->source);
  }
  if (*error == 0)
    return output;
  if (fd >= 0)
    close(fd);
  free(output);
  return NULL;
}

int output_source(struct output *output, int fd) {
  output->source.fd = fd;
  output_update(output);
  /* Not being watched is right only while somebody is awaited. */
  return output->source.added || output->awaited > 0 ? 0 : -ENOMEM;
}

void output_attach(struct output *output, int fd) {
  struct sink *sink = calloc(1, sizeof(*sink));
  output->awaited--;
  if (sink != NULL) {
    sink->watch = (struct watch){.fd = fd, .events = 0, .ready = sink_ready};
    if (loop_add(&sink->watch) != 0) {
      free(sink);
      sink = NULL;
    }
  }
  if (sink == NULL) {
    close(fd);
  } else {
    sink->output = output;
    sink->next = output->sinks;
    output->sinks = sink;
  }
  output->watched = true;
  output_update(output);
}

void output_await(struct output *output) {
  output->awaited++;
  output_update(output);
}

static void output_connected(void *owner, int fd) {
  output_attach(owner, fd);
}

static void output_expired(void *owner) {
  struct output *output = owner;
  output->awaited--;
  output->watched = true;
  output_update(output);
}

int output_announce(struct output *output, const struct bytes *token) {
  if (token->length == 0)
    return 0;
  struct ticket_owner owner = {output_connected, output_expired, output};
  int result = ticket_issue(token, owner);
  if (result != 0)
    return result;
  output_await(output);
  return 0;
}

void output_finish(struct output *output) {
  enum { MOST_READS = 64 }; /* a pipe has at most 1 MiB; who still writes is cut here */
  if (output->source.fd < 0)
    return;
  for (struct sink *sink = output->sinks, *next; sink != NULL; sink = next) {
    next = sink->next;
    if (sink->pending != NULL)
      sink_detach(sink);
  }
  for (int i = 0; i < MOST_READS; i++)
    if (output_read(output) <= 0)
      break;
  output_end(output);
}

void output_free(struct output *output) {
  if (output == NULL)
    return;
  ticket_withdraw_owner(output);
  if (output->source.fd >= 0) {
    loop_remove(&output->source);
    close(output->source.fd);
  }
  while (output->sinks != NULL)
    sink_detach(output->sinks);
  free(output);
}
