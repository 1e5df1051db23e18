/*
 * One target, any number of feeders. A feeder holds at most one buffer, and is read only when that is empty;
 * the target is watched for room only while some feeder waits for it.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ticket.h"

enum { BUFFER_SIZE = 64 << 10 };

struct feeder {
  struct watch watch; /* first */
  struct input *input;
  struct feeder *next;
  size_t at;
  size_t length;
  uint8_t buffer[BUFFER_SIZE];
};

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

void input_attach(struct input *input, int fd) {
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

static void input_connected(void *owner, int fd) {
  input_attach(owner, fd);
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
