#ifndef BEAGLE_FAILURE_H
#define BEAGLE_FAILURE_H

/*
 * Why a request was refused, in the daemon's words (FailureKind) and in a sentence. Functions that serve
 * requests fill one and return a negative errno; who called decides whether it goes on the wire or into the
 * log, never both.
 */
struct failure {
  const char *kind;
  char message[1024];
};

/* Fills in and returns -error. */
int fail(struct failure *failure, int error, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for a system call that failed with -error: kind by the error, text of the error after the message.
 */
int fail_errno(struct failure *failure, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line on standard error, which is the agent's log. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
