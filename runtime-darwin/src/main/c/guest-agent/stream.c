/*
 * Bytes between processes and connections.
 *
 * An output has one source and any number of sinks. It is read only while nobody is awaited and no sink has
 * bytes left over: so a slow reader stops its own process (the pipe fills) and nothing else, and memory is
 * bounded by one buffer per sink. Without sinks it is read on, into the log if there is one. A sink that
 * fails is let go. When the source ends, sinks that still have bytes go on alone until these are sent.
 *
 * An input has one target and any number of feeders. A feeder holds at most one buffer, and is read only when
 * that is empty; the target is watched for room only while some feeder waits for it.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
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

struct feeder {
  struct watch watch; /* first */
  struct input *input;
  struct feeder *next;
  size_t at;
  size_t length;
  uint8_t buffer[BUFFER_SIZE];
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

static void output_connected(void *owner, int fd) {
  struct output *output = owner;
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
  output->awaited++;
  output_update(output);
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

static void feeder_free(struct feeder *feeder) {
  struct input *input = feeder->input;
  struct feeder **link = &input->feeders;
  while (*link != feeder)
    link = &(*link)->next;
  *link = feeder->next;
  loop_remove(&feeder->watch);
  close(feeder->watch.fd);
  free(feeder);
  if (input->feeders == NULL && input->starved != NULL)
    input->starved(input);
}

static void input_close(struct input *input) {
  if (input->target.fd < 0)
    return;
  loop_remove(&input->target);
  shutdown(input->target.fd, SHUT_WR); /* of a forwarded port: its other direction goes on */
  close(input->target.fd);
  input->target.fd = -1;
}

/* 0: the feeder's bytes are written (or nobody wants them); 1: the target is full. */
static int feeder_flush(struct feeder *feeder) {
  struct input *input = feeder->input;
  if (input->waiting) {
    loop_change(&feeder->watch, 0);
    return 1;
  }
  while (feeder->at < feeder->length && input->target.fd >= 0) {
    ssize_t count = write(input->target.fd, feeder->buffer + feeder->at, feeder->length - feeder->at);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno == EAGAIN) {
      loop_change(&feeder->watch, 0);
      loop_change(&input->target, EPOLLOUT);
      return 1;
    }
    if (count < 0)
      input_close(input);
    else
      feeder->at += (size_t)count;
  }
  feeder->at = feeder->length = 0;
  return 0;
}

static void feeder_ready(struct watch *watch, uint32_t events) {
  struct feeder *feeder = (struct feeder *)watch;
  struct input *input = feeder->input;
  if (feeder->length > 0) {
    /* Full target, so only an error or hangup brings us here: the client is gone. */
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
      loop_remove(watch);
    return;
  }
  ssize_t length = read(watch->fd, feeder->buffer, sizeof(feeder->buffer));
  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (length <= 0) {
    if (input->closes)
      input_close(input);
    feeder_free(feeder);
    return;
  }
  feeder->length = (size_t)length;
  feeder_flush(feeder);
}

static void target_ready(struct watch *watch, uint32_t events) {
  struct input *input = (struct input *)watch;
  bool full = false;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0)
    input_close(input);
  for (struct feeder *feeder = input->feeders; feeder != NULL; feeder = feeder->next) {
    if (feeder->length == 0)
      continue;
    if (feeder_flush(feeder) != 0)
      full = true;
    else
      loop_change(&feeder->watch, EPOLLIN);
  }
  if (!full)
    loop_remove(&input->target);
}

struct input *input_open(int fd, bool closes, int *error) {
  struct input *input = calloc(1, sizeof(*input));
  *error = input == NULL ? -ENOMEM : 0;
  if (input == NULL) {
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  input->waiting = fd < 0;
  input->target = (struct watch){.fd = fd, .ready = target_ready};
  input->closes = closes;
  return input;
}

void input_target(struct input *input, int fd) {
  input->waiting = false;
  input->target.fd = fd;
  target_ready(&input->target, 0);
}

static void input_connected(void *owner, int fd) {
  struct input *input = owner;
  struct feeder *feeder = calloc(1, sizeof(*feeder));
  if (feeder == NULL) {
    close(fd);
    return;
  }
  feeder->watch = (struct watch){.fd = fd, .events = EPOLLIN, .ready = feeder_ready};
  feeder->input = input;
  feeder->next = input->feeders;
  input->feeders = feeder;
  if (loop_add(&feeder->watch) != 0)
    feeder_free(feeder);
}

static void input_expired(void *owner) {
  struct input *input = owner;
  if (input->closes_unused)
    input_close(input);
}

int input_announce(struct input *input, const struct bytes *token) {
  if (token->length == 0)
    return 0;
  struct ticket_owner owner = {input_connected, input_expired, input};
  return ticket_issue(token, owner);
}

void input_free(struct input *input) {
  if (input == NULL)
    return;
  ticket_withdraw_owner(input);
  input->starved = NULL;
  while (input->feeders != NULL)
    feeder_free(input->feeders);
  input_close(input);
  free(input);
}

/* A forwarded port: an output and an input on the two halves of one socket, and of one connection. */
struct relay {
  struct output *output; /* NULL once ended */
  struct input *input;
};

static void relay_free(struct relay *relay) {
  output_free(relay->output);
  input_free(relay->input);
  free(relay);
}

static void relay_output_ended(struct output *output) {
  struct relay *relay = output->owner;
  output_free(output);
  relay->output = NULL;
  if (relay->input->feeders == NULL)
    relay_free(relay);
}

static void relay_starved(struct input *input) {
  struct relay *relay = input->owner;
  if (relay->output == NULL)
    relay_free(relay);
}

static void relay_connected(void *owner, int fd) {
  struct relay *relay = owner;
  int second = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (second < 0) {
    close(fd);
    relay_free(relay);
    return;
  }
  input_connected(relay->input, second);
  output_connected(relay->output, fd);
}

static void relay_expired(void *owner) {
  relay_free(owner);
}

int relay_open(int socket, const struct bytes *token) {
  struct relay *relay = calloc(1, sizeof(*relay));
  int second = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  int error = relay == NULL || second < 0 ? -ENOMEM : 0;
  if (error != 0) {
    close(socket);
    if (second >= 0)
      close(second);
    free(relay);
    return error;
  }
  relay->input = input_open(second, true, &error);
  relay->output = output_open(socket, NULL, LOG_STDOUT, relay_output_ended, relay, &error);
  if (relay->input != NULL && relay->output != NULL) {
    relay->input->owner = relay;
    relay->input->starved = relay_starved;
    relay->output->ends_unwatched = true;
    relay->output->awaited = 1;
    output_update(relay->output);
    error = ticket_issue(token, (struct ticket_owner){relay_connected, relay_expired, relay});
  }
  if (error != 0)
    relay_free(relay);
  return error;
}
