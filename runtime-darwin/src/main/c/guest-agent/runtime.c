/*
 * Calls of the OCI runtime (crun, or runc: only options that both know).
 *
 * The runtime's own standard streams are the container's, so what it has to say about a failure is asked for
 * in a file: it can never block on us, nor be mixed into the container's output. While a call is under way
 * the loop remembers the ends of unknown processes, because the container may end before we have read its
 * pid.
 */
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

#define RUNTIME "/toolbox/bin/runtime"
#define STATE "/run/runtime"

enum { LOG_TAIL = 16384 };

static unsigned hex_value(const char *digits) {
  char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};
  return (unsigned)strtoul(text, NULL, 16);
}

/* Copies a JSON string up to its closing quote; escapes outside of printable ASCII become spaces. */
static void unescape(const char *at, const char *end, char *target, size_t room) {
  size_t length = 0;
  while (at < end && *at != '"' && length + 1 < room) {
    char character = *at++;
    if (character == '\\' && at < end) {
      character = *at++;
      if (character == 'u' && end - at >= 4) {
        unsigned code = hex_value(at);
        at += 4;
        character = code >= 0x20 && code < 0x7f ? (char)code : ' ';
      } else if (character == 'n' || character == 't' || character == 'r') {
        character = ' ';
      }
    }
    target[length++] = character;
  }
  while (length > 0 && target[length - 1] == ' ')
    length--;
  target[length] = '\0';
}

static const char *find_text(const char *at, const char *end, const char *text) {
  size_t length = strlen(text);
  for (; (size_t)(end - at) >= length; at++)
    if (memcmp(at, text, length) == 0)
      return at + length;
  return NULL;
}

/* The start of the value of a string member in one line of JSON, whatever stands between name and value. */
static const char *member(const char *line, const char *end, const char *name) {
  const char *at = find_text(line, end, name);
  while (at != NULL && at < end && (*at == ' ' || *at == ':'))
    at++;
  return at != NULL && at < end && *at == '"' ? at + 1 : NULL;
}

void runtime_last_error(const char *log, size_t length, char *message, size_t room) {
  const char *end = log + length;
  message[0] = '\0';
  for (const char *line = log; line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *stop = newline == NULL ? end : newline;
    const char *level = member(line, stop, "\"level\"");
    const char *text = member(line, stop, "\"msg\"");
    bool error = level == NULL ||
                 strncmp(level, "error", (size_t)(stop - level) < 5 ? (size_t)(stop - level) : 5) == 0;
    if (text != NULL && error)
      unescape(text, stop, message, room);
    line = stop + 1;
  }
}

const char *runtime_error_kind(const char *message) {
  /* crun: executable file `x` not found in $PATH; runc: exec: "x": executable file not found, stat x: no such
   * file. */
  bool program = strstr(message, "executable file") != NULL || strstr(message, "exec: \"") != NULL ||
                 strstr(message, "open executable") != NULL;
  return program ? "INVALID_ARGUMENT" : "INTERNAL";
}

static void read_error(const char *path, char *message, size_t room) {
  static char tail[LOG_TAIL];
  message[0] = '\0';
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return;
  off_t size = lseek(fd, 0, SEEK_END);
  off_t from = size > LOG_TAIL ? size - LOG_TAIL : 0;
  ssize_t length = pread(fd, tail, sizeof(tail), from);
  close(fd);
  if (length > 0)
    runtime_last_error(tail, (size_t)length, message, room);
}

static void call_ended(struct child *child, int status) {
  struct runtime_call *call = (struct runtime_call *)child;
  struct failure failure;
  char message[800];
  int result = 0;
  if (WIFSIGNALED(status)) {
    result = fail(&failure, ECHILD, "INTERNAL", "OCI runtime %s was killed by signal %d", call->verb,
                  WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    read_error(call->log, message, sizeof(message));
    if (message[0] == '\0')
      snprintf(message, sizeof(message), "it ended with code %d and said nothing", WEXITSTATUS(status));
    result =
        fail(&failure, EIO, runtime_error_kind(message), "OCI runtime %s failed: %s", call->verb, message);
  }
  unlink(call->log);
  call->done(call, result, &failure);
  children_release();
}

int runtime_start(struct runtime_call *call, const char *verb, const char *const *arguments, const char *log,
                  const int stdio[3], struct failure *failure) {
  const char *argv[RUNTIME_ARGUMENTS + 10] = {RUNTIME, "--root",       STATE,  "--log",
                                              log,     "--log-format", "json", verb};
  size_t count = 8;
  for (size_t i = 0; i < RUNTIME_ARGUMENTS && arguments[i] != NULL; i++)
    argv[count++] = arguments[i];
  call->verb = verb;
  snprintf(call->log, sizeof(call->log), "%s", log);
  call->child.ended = call_ended;
  children_hold();
  int result = spawn(argv, stdio, &call->child.pid);
  if (result != 0) {
    children_release();
    return fail_errno(failure, result, "running the OCI runtime %s", RUNTIME);
  }
  child_add(&call->child);
  return 0;
}

pid_t runtime_read_pid(const char *path) {
  char text[32];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return -errno;
  ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  unlink(path);
  if (length <= 0)
    return -EPROTO;
  text[length] = '\0';
  long pid = strtol(text, NULL, 10);
  return pid > 1 && pid < (1 << 22) + 1 ? (pid_t)pid : -EPROTO;
}
