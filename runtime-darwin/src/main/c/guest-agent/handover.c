/* A list by name. It is short: requests take what they need soon after it came. */
#include "handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STORED_LIMIT = 1024 };

struct stored {
  struct stored *next;
  int fd;
  char name[];
};

static struct stored *first;
static unsigned count;

int handover_store(const char *name, int fd) {
  if (count >= STORED_LIMIT)
    return -ENFILE;
  for (struct stored *stored = first; stored != NULL; stored = stored->next)
    if (strcmp(stored->name, name) == 0)
      return -EEXIST;
  size_t length = strlen(name) + 1;
  struct stored *stored = malloc(sizeof(*stored) + length);
  if (stored == NULL)
    return -ENOMEM;
  memcpy(stored->name, name, length);
  stored->fd = fd;
  stored->next = first;
  first = stored;
  count++;
  return 0;
}

int handover_take(const char *name) {
  for (struct stored **link = &first; *link != NULL; link = &(*link)->next) {
    struct stored *stored = *link;
    if (strcmp(stored->name, name) == 0) {
      int fd = stored->fd;
      *link = stored->next;
      free(stored);
      count--;
      return fd;
    }
  }
  return -ENOENT;
}

void handover_close_all(void) {
  while (first != NULL) {
    struct stored *stored = first;
    first = stored->next;
    close(stored->fd);
    free(stored);
  }
  count = 0;
}
