/*
 * The pump between the TAP and the switch's socket: one thread, poll, two buffers.
 *
 * Both ways frames are gathered: as many as there are go into the buffer, and the buffer into one system
 * call. On the socket a frame is `u32 length (big endian) + 12-byte virtio-net header + Ethernet frame`; what
 * of it does not fit now stays in the buffer and goes first later, so a frame is never torn. While the switch
 * does not take more, the TAP is not read, and the kernel's queue (raised for that) holds or drops frames as
 * a full network card would.
 *
 * When the socket goes away the thread connects again every 100 ms, for ever. Frames half sent are lost with
 * the connection, as on a pulled cable; the other side starts afresh as well. Nothing here touches the loop's
 * data.
 */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "failure.h"

enum {
  SMALLEST_FRAME = 12 + 14,
  LARGEST_FRAME = 65605,
  BUFFER_SIZE = 256 << 10,
  SOCKET_BUFFER = 1 << 20,
  RETRY_MILLIS = 100,
  GREETING_MILLIS = 2000,
};

struct buffer {
  uint8_t data[BUFFER_SIZE];
  size_t start;
  size_t end;
};

static struct {
  pthread_t thread;
  bool running;
  int tap;
  int stop;
  char greeting[512];
  char last_error[256];
  struct buffer out; /* to the switch */
  struct buffer in;  /* from it */
} port;

/* Waits for a descriptor, or to be told to stop. */
static bool wait_for(int fd, short events, int millis) {
  struct pollfd wait[2] = {{port.stop, POLLIN, 0}, {fd, events, 0}};
  int count;
  do
    count = poll(wait, fd < 0 ? 1 : 2, millis);
  while (count < 0 && errno == EINTR);
  return wait[0].revents == 0;
}

static bool stopping(void) {
  struct pollfd wait = {port.stop, POLLIN, 0};
  return poll(&wait, 1, 0) > 0;
}

/* Says each new reason once, not ten times a second. */
static void say(const char *reason) {
  if (strncmp(reason, port.last_error, sizeof(port.last_error) - 1) == 0)
    return;
  snprintf(port.last_error, sizeof(port.last_error), "%s", reason);
  note("network port: %s", reason);
}

/* Reads the answer to the greeting byte by byte: frames may follow it at once. */
static int read_answer(int fd, char *line, size_t room) {
  size_t length = 0;
  while (length + 1 < room) {
    if (!wait_for(fd, POLLIN, GREETING_MILLIS))
      return -ECANCELED;
    ssize_t count = recv(fd, line + length, 1, MSG_DONTWAIT);
    if (count <= 0)
      return count == 0 ? -ECONNRESET : -errno;
    if (line[length] == '\n') {
      line[length] = '\0';
      return 0;
    }
    length++;
  }
  return -EPROTO;
}

static int greet(int fd) {
  char answer[256];
  size_t length = strlen(port.greeting);
  if (send(fd, port.greeting, length, MSG_NOSIGNAL) != (ssize_t)length)
    return -EPIPE;
  int result = read_answer(fd, answer, sizeof(answer));
  if (result != 0)
    return result;
  if (strcmp(answer, "OK") == 0)
    return 0;
  say(answer);
  return -EACCES;
}

static int dial(void) {
  static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/port.sock"};
  int size = SOCKET_BUFFER;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;
  /* FORCE may be denied; the plain form is cut to the system's limit. */
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  int result = connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ? -errno : greet(fd);
  if (result == 0)
    return fd;
  if (result != -EACCES && result != -ECANCELED)
    say(strerror(-result));
  close(fd);
  return result;
}

/* Connects for ever; negative only when stopping. */
static int connect_switch(void) {
  for (;;) {
    int fd = dial();
    if (fd >= 0) {
      port.last_error[0] = '\0';
      port.in.start = port.in.end = port.out.start = port.out.end = 0;
      return fd;
    }
    if (!wait_for(-1, 0, RETRY_MILLIS))
      return -ECANCELED;
  }
}

static void put_length(uint8_t *target, size_t length) {
  for (int i = 0; i < 4; i++)
    target[i] = (uint8_t)(length >> (24 - 8 * i));
}

/* Gathers what the TAP has. 0, or a negative errno when the TAP is gone. */
static int fill_from_tap(void) {
  struct buffer *out = &port.out;
  if (out->start == out->end)
    out->start = out->end = 0;
  while (BUFFER_SIZE - out->end >= 4 + LARGEST_FRAME) {
    ssize_t length = read(port.tap, out->data + out->end + 4, LARGEST_FRAME);
    if (length < 0)
      return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (length < SMALLEST_FRAME)
      continue;
    put_length(out->data + out->end, (size_t)length);
    out->end += 4 + (size_t)length;
  }
  return 0;
}

static int send_out(int fd) {
  struct buffer *out = &port.out;
  while (out->start < out->end) {
    ssize_t count = send(fd, out->data + out->start, out->end - out->start, MSG_NOSIGNAL);
    if (count < 0)
      return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    out->start += (size_t)count;
  }
  return 0;
}

/* Writes the whole frames of the buffer to the TAP and moves the rest to its start. */
static int deliver(void) {
  struct buffer *in = &port.in;
  while (in->end - in->start >= 4) {
    const uint8_t *at = in->data + in->start;
    size_t length = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (length < SMALLEST_FRAME || length > LARGEST_FRAME)
      return -EPROTO;
    if (in->end - in->start < 4 + length)
      break;
    /* A frame that the kernel refuses (a header that makes no sense, an interface that is down) is lost, not
     * the port. */
    ssize_t ignored = write(port.tap, at + 4, length);
    (void)ignored;
    in->start += 4 + length;
  }
  memmove(in->data, in->data + in->start, in->end - in->start);
  in->end -= in->start;
  in->start = 0;
  return 0;
}

static int receive_in(int fd) {
  struct buffer *in = &port.in;
  ssize_t count = recv(fd, in->data + in->end, BUFFER_SIZE - in->end, 0);
  if (count < 0)
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  if (count == 0)
    return -ECONNRESET;
  in->end += (size_t)count;
  return deliver();
}

/* One connection's life. 0: it ended; negative: we are stopping, or the TAP is gone. */
static int pump(int fd) {
  for (;;) {
    bool full = port.out.start < port.out.end;
    struct pollfd wait[3] = {{port.stop, POLLIN, 0},
                             {fd, (short)(POLLIN | (full ? POLLOUT : 0)), 0},
                             {full ? -1 : port.tap, POLLIN, 0}};
    if (poll(wait, 3, -1) < 0 && errno != EINTR)
      return -errno;
    if (wait[0].revents != 0)
      return -ECANCELED;
    if (wait[2].revents != 0) {
      int result = fill_from_tap();
      if (result != 0)
        return result;
    }
    int result = (wait[1].revents & ~POLLOUT) != 0 ? receive_in(fd) : 0;
    if (result == 0)
      result = send_out(fd);
    if (result != 0) {
      say(result == -EPROTO ? "the switch sent a frame of impossible length"
                            : "the switch closed the connection");
      return 0;
    }
  }
}

static void *run(void *unused) {
  (void)unused;
  prctl(PR_SET_NAME, "port");
  while (!stopping()) {
    int fd = connect_switch();
    if (fd < 0)
      break;
    int result = pump(fd);
    close(fd);
    if (result != 0) {
      if (result != -ECANCELED)
        note("network port: the interface is gone: %s", strerror(-result));
      break;
    }
  }
  return NULL;
}

int port_open(int tap, const char *name, const char *token) {
  sigset_t all;
  sigset_t before;
  port.tap = tap;
  int length = snprintf(port.greeting, sizeof(port.greeting), "PORT 1 %s %s\n", name, token);
  int result = length >= (int)sizeof(port.greeting) ? -ENAMETOOLONG : 0;
  port.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (result == 0 && port.stop < 0)
    result = -errno;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  if (result == 0)
    result = -pthread_create(&port.thread, NULL, run, NULL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  port.running = result == 0;
  if (result != 0) {
    close(tap);
    if (port.stop >= 0)
      close(port.stop);
  }
  return result;
}

void port_close(void) {
  uint64_t one = 1;
  if (!port.running)
    return;
  port.running = false;
  if (write(port.stop, &one, sizeof(one)) == sizeof(one))
    pthread_join(port.thread, NULL);
  close(port.stop);
  close(port.tap);
}
