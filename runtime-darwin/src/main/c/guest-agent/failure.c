/* Errors for the daemon, lines for the log. */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *kind_of(int error) {
  switch (error) {
  case ENOSPC:
  case EDQUOT:
  case ENOMEM:
  case EMFILE:
  case ENFILE:
  case EAGAIN:
    return "EXHAUSTED";
  case ENOSYS:
  case EOPNOTSUPP:
    return "UNSUPPORTED";
  case ETIMEDOUT:
    return "TIMED_OUT";
  default:
    return "INTERNAL";
  }
}

int fail(struct failure *failure, int error, const char *kind, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  failure->kind = kind;
  vsnprintf(failure->message, sizeof(failure->message), format, arguments);
  va_end(arguments);
  return error < 0 ? error : -error;
}

int fail_errno(struct failure *failure, int error, const char *format, ...) {
  if (error < 0)
    error = -error;
  va_list arguments;
  va_start(arguments, format);
  failure->kind = kind_of(error);
  vsnprintf(failure->message, sizeof(failure->message), format, arguments);
  va_end(arguments);
  size_t length = strlen(failure->message);
  snprintf(failure->message + length, sizeof(failure->message) - length, ": %s", strerror(error));
  return -error;
}

void note(const char *format, ...) {
  char line[1200];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
  va_end(arguments);
  if (length < 0)
    return;
  if ((size_t)length > sizeof(line) - 2)
    length = sizeof(line) - 2;
  line[length] = '\n';
  /* A log that cannot be written must not stop a pod. */
  ssize_t ignored = write(STDERR_FILENO, line, (size_t)length + 1);
  (void)ignored;
}
