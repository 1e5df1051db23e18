/* Output in pieces (the first byte says how long) becomes lines that hold every byte of it and no line too
 * long. */
#include <stdlib.h>
#include <string.h>

#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The content of the lines, joined, is the output without its newlines. */
static void compare(const struct log_text *text, const struct log_carry *carry, const uint8_t *data,
                    size_t size) {
  size_t at = 0;
  const char *end = text->length == 0 ? text->data : text->data + text->length;
  for (const char *line = text->data; line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    if (newline == NULL || newline - line < 40 || newline - line > 40 + LOG_LINE_LIMIT)
      abort();
    size_t length = (size_t)(newline - line) - 40;
    bool whole = line[38] == 'F';
    if (at + length + whole > size || memcmp(line + 40, data + at, length) != 0 ||
        (whole && data[at + length] != '\n'))
      abort();
    if (!whole && length != LOG_LINE_LIMIT)
      abort();
    at += length + whole;
    line = newline + 1;
  }
  if (carry->length != size - at || memcmp(carry->data, data + at, carry->length) != 0)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct log_carry carry;
  struct log_text text = {0};
  if (size < 1)
    return 0;
  size_t piece = (size_t)data[0] * 131 + 1;
  carry.length = 0;
  for (size_t at = 1; at < size; at += piece)
    if (log_format(&text, &carry, "2026-11-22T18:00:00.000000001Z", LOG_STDERR, data + at,
                   size - at < piece ? size - at : piece) != 0)
      abort();
  compare(&text, &carry, data + 1, size - 1);
  free(text.data);
  return 0;
}
