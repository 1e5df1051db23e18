/* A forwarded port: an output and an input on the two directions of one socket, and of one connection. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "input.h"
#include "output.h"
#include "ticket.h"

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
  input_attach(relay->input, second);
  output_attach(relay->output, fd);
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
  relay->output = output_open(socket, NULL, LOG_STDOUT, relay_output_ended, relay, &error);
  int input_error;
  relay->input = input_open(second, true, &input_error);
  if (error == 0)
    error = input_error;
  if (error == 0) {
    relay->input->owner = relay;
    relay->input->starved = relay_starved;
    relay->output->ends_unwatched = true;
    output_await(relay->output);
    error = ticket_issue(token, (struct ticket_owner){relay_connected, relay_expired, relay});
  }
  if (error != 0)
    relay_free(relay);
  return error;
}
