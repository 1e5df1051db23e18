/* Any bytes as any message: the first byte says which. What decodes must encode, and decode to the same bytes
 * again. */
#include <stdlib.h>
#include <string.h>

#include "messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct wire_type *const types[] = {&hello_type, &hello_reply_type, &handover_type,
                                                  &request_type, &reply_type};
  if (size == 0)
    return 0;
  const struct wire_type *type = types[data[0] % 5];
  struct arena arena;
  struct wire_buffer once = {0};
  struct wire_buffer twice = {0};
  char message[sizeof(struct request)];
  arena_init(&arena, 1 << 20);
  if (wire_decode(type, &arena, data + 1, size - 1, message) == 0 && wire_encode(type, message, &once) == 0) {
    if (wire_decode(type, &arena, once.data, once.length, message) == 0) {
      if (wire_encode(type, message, &twice) != 0 || once.length != twice.length ||
          (once.length > 0 && memcmp(once.data, twice.data, once.length) != 0))
        abort();
    } else if (arena.used < arena.limit / 4) {
      abort();
    }
  }
  wire_free(&once);
  wire_free(&twice);
  arena_release(&arena);
  return 0;
}
