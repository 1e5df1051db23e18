/* Any bytes as the OCI runtime's log; the message fits and ends, whatever the room. */
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  char message[32];
  memset(message, 'x', sizeof(message));
  runtime_last_error((const char *)data, size, message, sizeof(message));
  if (memchr(message, '\0', sizeof(message)) == NULL)
    abort();
  return 0;
}
