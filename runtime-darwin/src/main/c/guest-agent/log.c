/*
 * CRI log lines: "<RFC3339Nano UTC> <stdout|stderr> <P|F> <content>\n".
 *
 * A line is F when it ended with a newline, P when it was cut at 16384 bytes or by the end of the stream.
 * What one read of the stream gave becomes one write, whose lines carry one time. The two streams of a
 * container share one file and one thread, so lines never mix; a line that has not ended waits in its
 * stream's carry, not in the file.
 *
 * A full disk costs lines, never the process: the rest of the batch is dropped, and when the disk takes bytes
 * again a newline first ends the line that was torn.
 */
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"
#include "loop.h"

static void put_digits(char *target, int value, int digits) {
  while (digits-- > 0) {
    target[digits] = (char)('0' + value % 10);
    value /= 10;
  }
}

void log_stamp(int64_t nanoseconds, char stamp[LOG_STAMP_LENGTH]) {
  time_t seconds = (time_t)(nanoseconds / 1000000000);
  struct tm parts;
  gmtime_r(&seconds, &parts);
  memcpy(stamp, "0000-00-00T00:00:00.000000000Z", LOG_STAMP_LENGTH);
  put_digits(stamp, parts.tm_year + 1900, 4);
  put_digits(stamp + 5, parts.tm_mon + 1, 2);
  put_digits(stamp + 8, parts.tm_mday, 2);
  put_digits(stamp + 11, parts.tm_hour, 2);
  put_digits(stamp + 14, parts.tm_min, 2);
  put_digits(stamp + 17, parts.tm_sec, 2);
  put_digits(stamp + 20, (int)(nanoseconds % 1000000000), 9);
}

static int reserve(struct log_text *text, size_t more) {
  if (text->room - text->length >= more)
    return 0;
  size_t room = text->room == 0 ? 4096 : text->room;
  while (room - text->length < more)
    room *= 2;
  char *grown = realloc(text->data, room);
  if (grown == NULL)
    return -ENOMEM;
  text->data = grown;
  text->room = room;
  return 0;
}

static void add(struct log_text *text, const void *data, size_t length) {
  if (length > 0)
    memcpy(text->data + text->length, data, length);
  text->length += length;
}

static int add_line(struct log_text *text, const char *stamp, enum log_stream stream, char tag,
                    struct log_carry *carry, const uint8_t *data, size_t length) {
  int result = reserve(text, LOG_STAMP_LENGTH + 12 + carry->length + length);
  if (result != 0)
    return result;
  add(text, stamp, LOG_STAMP_LENGTH);
  add(text, stream == LOG_STDOUT ? " stdout " : " stderr ", 8);
  add(text, (char[]){tag, ' '}, 2);
  add(text, carry->data, carry->length);
  add(text, data, length);
  add(text, "\n", 1);
  carry->length = 0;
  return 0;
}

int log_format(struct log_text *text, struct log_carry *carry, const char stamp[LOG_STAMP_LENGTH],
               enum log_stream stream, const uint8_t *data, size_t length) {
  while (length > 0) {
    size_t room = LOG_LINE_LIMIT - carry->length;
    /* One byte more than fits is looked at: a line of exactly the limit is whole, not cut and empty. */
    size_t seen = length < room + 1 ? length : room + 1;
    const uint8_t *newline = memchr(data, '\n', seen);
    size_t content = newline != NULL ? (size_t)(newline - data) : length > room ? room : length;
    if (newline == NULL && length <= room) {
      memcpy(carry->data + carry->length, data, length);
      carry->length += length;
      return 0;
    }
    int result = add_line(text, stamp, stream, newline != NULL ? 'F' : 'P', carry, data, content);
    if (result != 0)
      return result;
    content += newline != NULL ? 1 : 0;
    data += content;
    length -= content;
  }
  return 0;
}

struct log *log_open(int fd) {
  struct log *log = calloc(1, sizeof(*log));
  if (log == NULL) {
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  log->fd = fd;
  return log;
}

void log_reopen(struct log *log, int fd) {
  if (log->fd >= 0)
    close(log->fd);
  log->fd = fd;
  log->broken_line = false;
  log->failing = false;
}

void log_close(struct log *log) {
  if (log == NULL)
    return;
  if (log->fd >= 0)
    close(log->fd);
  free(log->text.data);
  free(log);
}

static int write_all(struct log *log, const char *data, size_t length) {
  while (length > 0) {
    ssize_t written = write(log->fd, data, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return written == 0 ? -EIO : -errno;
    data += written;
    length -= (size_t)written;
    log->broken_line = data[-1] != '\n';
  }
  return 0;
}

static void flush(struct log *log) {
  int result = 0;
  if (log->fd >= 0 && log->text.length > 0) {
    if (log->broken_line)
      result = write_all(log, "\n", 1);
    if (result == 0)
      result = write_all(log, log->text.data, log->text.length);
    if (result != 0 && !log->failing)
      note("container log: lines are lost: %s", strerror(-result));
    log->failing = result != 0;
  }
  log->text.length = 0;
}

void log_put(struct log *log, enum log_stream stream, const uint8_t *data, size_t length) {
  enum { SLICE = 8192 };
  char stamp[LOG_STAMP_LENGTH];
  if (log->fd < 0)
    return;
  log_stamp(wall_now(), stamp);
  /* In slices, so that a stream of empty lines does not need 43 bytes for each at once. */
  for (size_t at = 0; at < length; at += SLICE) {
    size_t part = length - at < SLICE ? length - at : SLICE;
    if (log_format(&log->text, &log->carry[stream], stamp, stream, data + at, part) != 0)
      log->carry[stream].length = 0;
    if (log->text.length >= (64 << 10))
      flush(log);
  }
  flush(log);
}

void log_end(struct log *log, enum log_stream stream) {
  struct log_carry *carry = &log->carry[stream];
  char stamp[LOG_STAMP_LENGTH];
  if (carry->length == 0)
    return;
  log_stamp(wall_now(), stamp);
  add_line(&log->text, stamp, stream, 'P', carry, NULL, 0);
  flush(log);
}
