/*
 * Frames and the roles of connections (PROTOCOL.md).
 *
 * A connection is read in exactly the pieces that its frames have: four bytes of length, then the body. So
 * nothing is read past a Hello, and the descriptor of a stream can be given away; and the descriptors of a
 * Handover come with the read of its first byte and no earlier. Frames out are queued in memory and sent when
 * the socket takes them; a control connection that lets more than OUT_LIMIT pile up is ended.
 *
 * Whatever is wrong with a frame ends its connection and nothing else. Connections that have not said Hello
 * after ten seconds are ended, and there are at most CONNECTION_LIMIT of those.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handover.h"
#include "loop.h"
#include "ticket.h"

enum {
  CONNECTION_LIMIT = 256,
  DESCRIPTOR_LIMIT = 250,
  OUT_LIMIT = 32 << 20,
  ARENA_LIMIT = 16 << 20,
};

#define HELLO_TIME ((int64_t)10 * 1000000000)
#define BUILD "beagle-agent 1"

struct connection {
  struct watch watch; /* first */
  struct timer deadline;
  struct connection *next;
  enum role role; /* 0 before Hello */
  uint64_t number;
  uint8_t header[4];
  uint8_t *body;
  size_t length; /* of the body */
  size_t have;   /* bytes read of header and body */
  struct wire_buffer out;
  size_t sent;
  int descriptors[DESCRIPTOR_LIMIT];
  size_t descriptor_count;
};

static struct {
  struct watch listener;
  struct channel_handler handler;
  struct connection *connections;
  size_t count;
  struct connection *control;
  uint64_t last_number;
} channel;

/* Closes the connection, unless its descriptor was given away (-1), and what it brought. */
static void forget(struct connection *connection) {
  bool control = connection == channel.control;
  struct connection **link = &channel.connections;
  while (*link != connection)
    link = &(*link)->next;
  *link = connection->next;
  channel.count--;
  loop_remove(&connection->watch);
  timer_stop(&connection->deadline);
  if (connection->watch.fd >= 0)
    close(connection->watch.fd);
  for (size_t i = 0; i < connection->descriptor_count; i++)
    close(connection->descriptors[i]);
  wire_free(&connection->out);
  free(connection->body);
  free(connection);
  if (control) {
    channel.control = NULL;
    ticket_expire_all();
    handover_close_all();
  }
}

/* 0, or a negative errno when the connection is of no use any more. */
static int flush(struct connection *connection) {
  while (connection->sent < connection->out.length) {
    ssize_t count = send(connection->watch.fd, connection->out.data + connection->sent,
                         connection->out.length - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno == EAGAIN)
      return loop_change(&connection->watch, EPOLLIN | EPOLLOUT);
    if (count < 0)
      return -errno;
    connection->sent += (size_t)count;
  }
  connection->out.length = connection->sent = 0;
  return loop_change(&connection->watch, EPOLLIN);
}

static int send_frame(struct connection *connection, const struct wire_type *type, const void *message) {
  struct wire_buffer body = {0};
  int result = wire_encode(type, message, &body);
  if (result == 0 && body.length > FRAME_LIMIT)
    result = -EMSGSIZE;
  if (result == 0 && connection->out.length - connection->sent > OUT_LIMIT)
    result = -ENOBUFS;
  if (result == 0) {
    uint32_t length = (uint32_t)body.length;
    uint8_t header[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                         (uint8_t)length};
    result = wire_append(&connection->out, header, sizeof(header));
    if (result == 0)
      result = wire_append(&connection->out, body.data, body.length);
  }
  wire_free(&body);
  return result == 0 ? flush(connection) : result;
}

static void send_control(const struct reply *reply) {
  if (channel.control == NULL)
    return;
  int result = send_frame(channel.control, &reply_type, reply);
  if (result == 0)
    return;
  note("control connection ended: %s", strerror(-result));
  /* The caller may be in the middle of reading it: let the loop see the end. */
  shutdown(channel.control->watch.fd, SHUT_RDWR);
}

void channel_reply(struct caller caller, const struct reply *reply) {
  if (channel.control == NULL || channel.control->number != caller.connection)
    return;
  struct reply with_id = *reply;
  with_id.id = caller.request;
  send_control(&with_id);
}

void channel_ok(struct caller caller) {
  channel_reply(caller, &(struct reply){0});
}

void channel_fail(struct caller caller, const struct failure *failure) {
  struct error error = {failure->kind, failure->message};
  channel_reply(caller, &(struct reply){.error = &error});
}

void channel_event(const struct exited *exited) {
  send_control(&(struct reply){.exited = exited});
}

static int answer_hello(struct connection *connection, const char *kind, const char *message) {
  struct error error = {kind, message};
  struct hello_reply reply = {PROTOCOL_VERSION, BUILD, kind == NULL ? NULL : &error};
  return send_frame(connection, &hello_reply_type, &reply);
}

static int take_handover(struct connection *connection, struct arena *arena) {
  struct handover handover;
  int result = wire_decode(&handover_type, arena, connection->body, connection->length, &handover);
  if (result != 0)
    return result;
  if (handover.names.count != connection->descriptor_count)
    return answer_hello(connection, "INVALID_ARGUMENT", "as many names as descriptors are needed");
  const char *const *names = handover.names.items;
  size_t taken = 0;
  while (taken < handover.names.count &&
         (result = handover_store(names[taken], connection->descriptors[taken])) == 0)
    taken++;
  if (taken == handover.names.count) {
    connection->descriptor_count = 0;
    return answer_hello(connection, NULL, NULL);
  }
  /* All or none: what was stored is taken back, so that its descriptors are closed with the others. */
  while (taken-- > 0)
    handover_take(names[taken]);
  return answer_hello(connection, result == -EEXIST ? "ALREADY_EXISTS" : "EXHAUSTED",
                      "the descriptors cannot be stored: name in use, or too many");
}

static int become_control(struct connection *connection) {
  if (channel.control != NULL)
    forget(channel.control);
  channel.control = connection;
  connection->number = ++channel.last_number;
  int result = answer_hello(connection, NULL, NULL);
  if (result == 0)
    channel.handler.connected();
  return result;
}

static int become_stream(struct connection *connection, const struct bytes *token) {
  if (!ticket_known(token))
    return answer_hello(connection, "NOT_FOUND", "no stream with this token is awaited"), -ECONNRESET;
  /* The reply must be on its way before the stream's first byte. */
  int result = answer_hello(connection, NULL, NULL);
  if (result != 0 || connection->out.length > 0)
    return -ECONNRESET;
  loop_remove(&connection->watch);
  int fd = connection->watch.fd;
  connection->watch.fd = -1;
  ticket_use(token, fd);
  return -ECONNRESET;
}

/* Becomes a descriptor that waits for the request that names it. */
static int become_log(struct connection *connection, const char *name) {
  if (*name == '\0')
    return answer_hello(connection, "INVALID_ARGUMENT", "a log has a name of its own"), -ECONNRESET;
  int fd = connection->watch.fd;
  int result = handover_store(name, fd);
  if (result != 0)
    return answer_hello(connection, result == -EEXIST ? "ALREADY_EXISTS" : "EXHAUSTED",
                        "the log cannot be stored: name in use, or too many"),
           -ECONNRESET;
  /* Written as a file is; and the reply must be on its way before the log's first byte. */
  result = answer_hello(connection, NULL, NULL);
  if (result != 0 || connection->out.length > 0 || fcntl(fd, F_SETFL, 0) != 0) {
    handover_take(name);
    return -ECONNRESET;
  }
  loop_remove(&connection->watch);
  connection->watch.fd = -1;
  return -ECONNRESET;
}

static int take_hello(struct connection *connection, struct arena *arena) {
  struct hello hello;
  int result = wire_decode(&hello_type, arena, connection->body, connection->length, &hello);
  if (result != 0)
    return result;
  if (hello.protocol < PROTOCOL_VERSION)
    return answer_hello(connection, "UNSUPPORTED", "protocol version 1 is the oldest spoken here"), -EPROTO;
  connection->role = hello.role;
  switch (hello.role) {
  case ROLE_CONTROL:
    timer_stop(&connection->deadline);
    return become_control(connection);
  case ROLE_DESCRIPTORS:
    return 0;
  case ROLE_STREAM:
    return become_stream(connection, &hello.token);
  case ROLE_LOG:
    return become_log(connection, hello.log);
  default:
    return -EPROTO;
  }
}

/* Negative: the connection is to be forgotten. */
static int take_frame(struct connection *connection) {
  struct arena arena;
  struct request request;
  int result;
  arena_init(&arena, ARENA_LIMIT);
  switch (connection->role) {
  case ROLE_CONTROL:
    result = wire_decode(&request_type, &arena, connection->body, connection->length, &request);
    if (result == 0)
      channel.handler.request((struct caller){connection->number, request.id}, &request);
    break;
  case ROLE_DESCRIPTORS:
    result = take_handover(connection, &arena);
    if (result == 0)
      result = -ECONNRESET;
    break;
  default:
    result = take_hello(connection, &arena);
  }
  arena_release(&arena);
  return result;
}

/* Descriptors come only where they are expected; any others are closed. */
static void take_descriptors(struct connection *connection, struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      if (connection->role == ROLE_DESCRIPTORS && connection->descriptor_count < DESCRIPTOR_LIMIT)
        connection->descriptors[connection->descriptor_count++] = fd;
      else
        close(fd);
    }
  }
}

static ssize_t receive(struct connection *connection, void *data, size_t length) {
  static union {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(int) * 253)]; /* the most that the kernel passes */
  } control;
  struct iovec piece = {data, length};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = sizeof(control.space)};
  ssize_t count;
  do
    count = recvmsg(connection->watch.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return -errno;
  take_descriptors(connection, &message);
  return count == 0 ? -ECONNRESET : count;
}

/* Reads one piece. 1: a frame is whole; 0: it is not yet; negative: the end, -EAGAIN when nothing is there.
 */
static int read_piece(struct connection *connection) {
  const size_t header = sizeof(connection->header);
  uint8_t *target = connection->have < header ? connection->header + connection->have
                                              : connection->body + (connection->have - header);
  size_t wanted =
      connection->have < header ? header - connection->have : header + connection->length - connection->have;
  ssize_t count = receive(connection, target, wanted);
  if (count < 0)
    return (int)count;
  connection->have += (size_t)count;
  if (connection->have < header)
    return 0;
  if (connection->body == NULL) {
    const uint8_t *bytes = connection->header;
    connection->length = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    if (connection->length > FRAME_LIMIT)
      return -EMSGSIZE;
    connection->body = malloc(connection->length + 1);
    if (connection->body == NULL)
      return -ENOMEM;
  }
  return connection->have == header + connection->length;
}

static void connection_ready(struct watch *watch, uint32_t events) {
  enum { FRAMES_AT_ONCE = 16 };
  struct connection *connection = (struct connection *)watch;
  int result = 0;
  if ((events & EPOLLOUT) != 0)
    result = flush(connection);
  for (int frames = 0; result == 0 && frames < FRAMES_AT_ONCE;) {
    result = read_piece(connection);
    if (result <= 0)
      continue;
    frames++;
    result = take_frame(connection);
    if (result != 0)
      break;
    free(connection->body);
    connection->body = NULL;
    connection->have = 0;
  }
  if (result == 0 || result == -EAGAIN)
    return;
  if (result != -ECONNRESET)
    note("connection ended: %s", strerror(-result));
  forget(connection);
}

static void deadline_passed(struct timer *timer) {
  forget((struct connection *)((char *)timer - offsetof(struct connection, deadline)));
}

static void accept_ready(struct watch *watch, uint32_t events) {
  (void)events;
  int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return;
  if (channel.handler.admits != NULL && !channel.handler.admits(fd)) {
    close(fd);
    return;
  }
  struct connection *connection = channel.count < CONNECTION_LIMIT ? calloc(1, sizeof(*connection)) : NULL;
  if (connection == NULL) {
    close(fd);
    return;
  }
  connection->watch = (struct watch){.fd = fd, .events = EPOLLIN, .ready = connection_ready};
  connection->deadline.fire = deadline_passed;
  connection->next = channel.connections;
  channel.connections = connection;
  channel.count++;
  timer_start(&connection->deadline, HELLO_TIME);
  if (loop_add(&connection->watch) != 0)
    forget(connection);
}

int channel_open(int listener, struct channel_handler handler) {
  channel.handler = handler;
  channel.listener = (struct watch){.fd = listener, .events = EPOLLIN, .ready = accept_ready};
  return loop_add(&channel.listener);
}

void channel_close(void) {
  if (channel.control != NULL) {
    struct pollfd wait = {channel.control->watch.fd, POLLOUT, 0};
    int64_t end = monotonic_now() + 1000000000;
    while (channel.control->out.length > 0 && flush(channel.control) == 0 && monotonic_now() < end)
      poll(&wait, 1, 50);
  }
  while (channel.connections != NULL)
    forget(channel.connections);
  loop_remove(&channel.listener);
  close(channel.listener.fd);
}
