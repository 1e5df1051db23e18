#ifndef BEAGLE_LOG_H
#define BEAGLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_LINE_LIMIT = 16384, LOG_STAMP_LENGTH = 30 };

enum log_stream { LOG_STDOUT = 0, LOG_STDERR = 1 };

/* Text that is to be written: grown by log_format, written by log_write. */
struct log_text {
  char *data;
  size_t length;
  size_t room;
};

/* What one stream has of a line that has not ended. */
struct log_carry {
  uint8_t data[LOG_LINE_LIMIT];
  size_t length;
};

/* The log of a container: one file, two streams. */
struct log {
  int fd; /* -1: no log */
  struct log_carry carry[2];
  struct log_text text;
  bool broken_line; /* the file ends in the middle of a line of ours */
  bool failing;     /* the last write failed; said once */
};

struct log *log_open(int fd); /* owns fd from now on; NULL when there is no memory (fd is closed) */
void log_reopen(struct log *log, int fd);
void log_close(struct log *log);

/* What a stream gave. Never blocks longer than the disk; what cannot be written is dropped. */
void log_put(struct log *log, enum log_stream stream, const uint8_t *data, size_t length);
/* The stream is at its end: a line that has not ended goes out as a cut one. */
void log_end(struct log *log, enum log_stream stream);

/* Pure: "2026-11-22T18:00:00.123456789Z", no terminating NUL. */
void log_stamp(int64_t nanoseconds, char stamp[LOG_STAMP_LENGTH]);
/* Pure: appends the lines that `data` completes, keeps the rest in `carry`. -ENOMEM. */
int log_format(struct log_text *text, struct log_carry *carry, const char stamp[LOG_STAMP_LENGTH],
               enum log_stream stream, const uint8_t *data, size_t length);

#endif
