#ifndef BEAGLE_RUNTIME_H
#define BEAGLE_RUNTIME_H

#include <stddef.h>
#include <sys/types.h>

#include "failure.h"
#include "loop.h"

enum { RUNTIME_ARGUMENTS = 16, RUNTIME_PATH = 256 };

/* One call of the OCI runtime that is under way. The owner keeps the struct until `done`. */
struct runtime_call {
  struct child child; /* first */
  const char *verb;   /* for messages: "create" */
  char log[RUNTIME_PATH];
  /* `result` is 0 or a negative errno with `failure` filled in. */
  void (*done)(struct runtime_call *call, int result, const struct failure *failure);
  void *owner;
};

/*
 * Starts `runtime VERB ARGUMENTS...` with this stdio; `log` is a file where it may tell why it failed
 * (removed later). When this fails `done` is not called.
 */
int runtime_start(struct runtime_call *call, const char *verb, const char *const *arguments, const char *log,
                  const int stdio[3], struct failure *failure);

/* The pid in a file that the runtime wrote; the file is removed. -errno. */
pid_t runtime_read_pid(const char *path);

/* Pure: the message of the last error in a runtime's JSON log, unescaped; "" when there is none. */
void runtime_last_error(const char *log, size_t length, char *message, size_t room);

/* Pure: the kind of failure that a runtime's message tells: a program that is not there is the caller's
 * affair. */
const char *runtime_error_kind(const char *message);

#endif
