/*
 * Stdio and the end of a process.
 *
 * Without a terminal the process has pipes: the runtime gets the far ends as its own stdio and the process
 * inherits them. With one, the runtime opens a pty inside the container and sends its master to the socket
 * that we listen on, before it exits; only then does the output have a source, but its streams can be
 * announced from the start.
 *
 * A process is complete when it was reaped, its outputs have ended and the runtime's call for it has: so the
 * daemon hears of its start before its end, and of its end after its last byte.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN_TIME ((int64_t)2 * 1000000000)

void process_check(struct process *process) {
  if (!process->ended || process->pending || process->open > 0 || process->complete)
    return;
  process->complete = true;
  timer_stop(&process->drain);
  process->completed(process);
}

static void output_ended(struct output *output) {
  struct process *process = output->owner;
  process->open--;
  process_check(process);
}

static void drain_over(struct timer *timer) {
  struct process *process = (struct process *)((char *)timer - offsetof(struct process, drain));
  struct output *const outputs[2] = {process->outputs[0], process->outputs[1]};
  /* The last one's end completes the process, which may be gone then. */
  unsigned left = process->open;
  for (int i = 0; i < 2 && left > 0; i++) {
    if (outputs[i] != NULL && outputs[i]->source.fd >= 0) {
      left--;
      output_finish(outputs[i]);
    }
  }
}

static void child_ended(struct child *child, int status) {
  struct process *process = (struct process *)((char *)child - offsetof(struct process, child));
  process->ended = true;
  process->child.pid = 0;
  process->ended_at = wall_now();
  process->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  process->on_end(process);
  process_check(process);
}

void process_drain(struct process *process) {
  if (!process->complete)
    timer_start(&process->drain, DRAIN_TIME);
}

/* One pipe; `ours` is the end that we keep, non-blocking. */
static int make_pipe(int *ours, int *theirs, bool we_read) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return -errno;
  *ours = ends[we_read ? 0 : 1];
  *theirs = ends[we_read ? 1 : 0];
  return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

static int prepare_output(struct process *process, int index, struct log *log, bool tty, int *theirs) {
  int ours = -1;
  int result = tty ? 0 : make_pipe(&ours, theirs, true);
  if (result == 0)
    process->outputs[index] =
        output_open(ours, log, index == 0 ? LOG_STDOUT : LOG_STDERR, output_ended, process, &result);
  if (result == 0)
    process->open++;
  return result;
}

static int prepare_input(struct process *process, const struct process_stdio *wanted, int *theirs) {
  int ours = -1;
  int result = wanted->tty ? 0 : make_pipe(&ours, theirs, false);
  if (result == 0)
    process->input = input_open(ours, wanted->input_closes, &result);
  if (result == 0)
    process->input->closes_unused = wanted->input_closes_unused;
  return result;
}

static int listen_for_terminal(struct process *process, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof(address.sun_path) || strlen(path) >= sizeof(process->console))
    return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  strcpy(process->console, path);
  process->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (process->listener < 0)
    return -errno;
  if (bind(process->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
      listen(process->listener, 4) != 0)
    return -errno;
  return 0;
}

void process_close_stdio(int stdio[3]) {
  for (int i = 0; i < 3; i++) {
    if (stdio[i] >= 0)
      close(stdio[i]);
    stdio[i] = -1;
  }
}

int process_prepare(struct process *process, const struct process_stdio *wanted, int stdio[3]) {
  int result = 0;
  process->terminal = process->listener = -1;
  process->child.ended = child_ended;
  process->drain.fire = drain_over;
  stdio[0] = stdio[1] = stdio[2] = -1;
  if (wanted->tty)
    result = listen_for_terminal(process, wanted->console);
  if (result == 0 && wanted->input)
    result = prepare_input(process, wanted, &stdio[0]);
  for (int i = 0; i < 2 && result == 0; i++)
    if (wanted->outputs[i] && !(wanted->tty && i == 1))
      result = prepare_output(process, i, wanted->log, wanted->tty, &stdio[1 + i]);
  for (int i = 0; i < 3 && result == 0; i++)
    if (stdio[i] < 0 && (stdio[i] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
      result = -errno;
  if (result != 0) {
    process_close_stdio(stdio);
    process_clear(process);
  }
  return result;
}

static int receive_descriptor(int connection) {
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  char name[256];
  struct iovec piece = {name, sizeof(name)};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = sizeof(control.space)};
  if (recvmsg(connection, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
    return -errno;
  struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  if (part == NULL || part->cmsg_type != SCM_RIGHTS || part->cmsg_len != CMSG_LEN(sizeof(int)))
    return -EPROTO;
  int fd;
  memcpy(&fd, CMSG_DATA(part), sizeof(fd));
  return fd;
}

static int take_terminal(struct process *process) {
  int connection = accept4(process->listener, NULL, NULL, SOCK_CLOEXEC);
  if (connection < 0)
    return -errno;
  int master = receive_descriptor(connection);
  close(connection);
  if (master < 0)
    return master;
  process->terminal = master;
  int reader = fcntl(master, F_DUPFD_CLOEXEC, 3);
  int writer = process->input != NULL ? fcntl(master, F_DUPFD_CLOEXEC, 3) : -1;
  if (fcntl(master, F_SETFL, O_NONBLOCK) != 0 || reader < 0 || (process->input != NULL && writer < 0))
    return -errno;
  if (process->input != NULL)
    input_target(process->input, writer);
  if (process->outputs[0] != NULL)
    return output_source(process->outputs[0], reader);
  close(reader);
  return 0;
}

int process_started(struct process *process, pid_t pid) {
  int result = process->listener >= 0 ? take_terminal(process) : 0;
  process->child.pid = pid;
  child_adopt(&process->child);
  return result;
}

void process_clear(struct process *process) {
  timer_stop(&process->drain);
  if (process->child.pid > 0)
    child_remove(&process->child);
  output_free(process->outputs[0]);
  output_free(process->outputs[1]);
  input_free(process->input);
  process->outputs[0] = process->outputs[1] = NULL;
  process->input = NULL;
  process->open = 0;
  if (process->terminal >= 0)
    close(process->terminal);
  if (process->listener >= 0) {
    close(process->listener);
    unlink(process->console);
  }
  process->terminal = process->listener = -1;
}

int process_resize(struct process *process, unsigned columns, unsigned rows) {
  struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
  if (process->terminal < 0)
    return -ENOTTY;
  return ioctl(process->terminal, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}
