/*
 * Connections to localhost inside the sandbox's network: IPv4 first, IPv6 when nobody listens there. The
 * request is answered when one is established; the stream then joins it (relay.c).
 */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"
#include "relay.h"
#include "sandbox.h"

/* A connection to a port of the sandbox that is under way. */
struct dialling {
  struct watch watch; /* first */
  struct caller caller;
  uint16_t port;
  bool second; /* IPv6 is being tried */
  uint8_t token[TOKEN_LENGTH];
};

static void dialled(struct dialling *dialling, int error) {
  struct failure failure;
  struct bytes token = {dialling->token, TOKEN_LENGTH};
  if (error == 0) {
    error = relay_open(dialling->watch.fd, &token);
    if (error != 0)
      fail_errno(&failure, error, "port %u: announcing the stream", dialling->port);
  } else {
    fail(&failure, error, "UNAVAILABLE", "port %u of the sandbox: %s", dialling->port, strerror(error));
  }
  if (error == 0)
    channel_ok(dialling->caller);
  else
    channel_fail(dialling->caller, &failure);
  free(dialling);
}

static int dial(struct dialling *dialling);

static void dial_ready(struct watch *watch, uint32_t events) {
  struct dialling *dialling = (struct dialling *)watch;
  int error = 0;
  socklen_t length = sizeof(error);
  (void)events;
  loop_remove(watch);
  getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    close(watch->fd);
    if (!dialling->second) {
      dialling->second = true;
      int next = dial(dialling);
      if (next == 0)
        return;
      /* What IPv4 said is what the user can use, when there is no IPv6. */
    }
  }
  dialled(dialling, error);
}

static int dial(struct dialling *dialling) {
  struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(dialling->port)};
  struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(dialling->port)};
  ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ip6.sin6_addr.s6_addr[15] = 1;
  int fd = sandbox_socket(dialling->second ? AF_INET6 : AF_INET);
  if (fd < 0)
    return fd;
  int result = dialling->second ? connect(fd, (struct sockaddr *)&ip6, sizeof(ip6))
                                : connect(fd, (struct sockaddr *)&ip4, sizeof(ip4));
  if (result != 0 && errno != EINPROGRESS) {
    int error = errno;
    close(fd);
    return -error;
  }
  dialling->watch = (struct watch){.fd = fd, .events = EPOLLOUT, .ready = dial_ready};
  result = loop_add(&dialling->watch);
  if (result != 0)
    close(fd);
  return result;
}

int dial_port(struct caller caller, const struct connect_request *request, struct failure *failure) {
  if (request->port == 0 || request->port > 65535 || request->token.length != TOKEN_LENGTH)
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "port %u or the token is not valid", request->port);
  struct dialling *dialling = calloc(1, sizeof(*dialling));
  if (dialling == NULL)
    return fail_errno(failure, ENOMEM, "port %u", request->port);
  dialling->caller = caller;
  dialling->port = (uint16_t)request->port;
  memcpy(dialling->token, request->token.data, TOKEN_LENGTH);
  int result = dial(dialling);
  if (result != 0) {
    dialling->second = true;
    result = dial(dialling);
  }
  if (result == 0)
    return 0;
  free(dialling);
  return fail(failure, result, "UNAVAILABLE", "port %u of the sandbox: %s", request->port, strerror(-result));
}
