/* A list, oldest first: as long as no daemon is there, the ends of processes wait here. */
#include "exits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"

struct record {
  struct record *next;
  struct exited exited; /* its names point behind the struct */
  char names[];
};

static struct record *records;

void exits_add(const struct exited *exited) {
  size_t container = strlen(exited->container) + 1;
  size_t exec = strlen(exited->exec) + 1;
  struct record *record = malloc(sizeof(*record) + container + exec);
  if (record == NULL) {
    note("no memory to remember the end of a process");
    channel_event(exited);
    return;
  }
  record->next = NULL;
  record->exited = *exited;
  record->exited.container = memcpy(record->names, exited->container, container);
  record->exited.exec = memcpy(record->names + container, exited->exec, exec);
  struct record **link = &records;
  while (*link != NULL)
    link = &(*link)->next;
  *link = record;
  channel_event(&record->exited);
}

bool exits_known(const char *container, const char *exec) {
  for (struct record *record = records; record != NULL; record = record->next)
    if (strcmp(record->exited.container, container) == 0 && strcmp(record->exited.exec, exec) == 0)
      return true;
  return false;
}

/* With NULL for any exec. */
static void forget(const char *container, const char *exec) {
  for (struct record **link = &records; *link != NULL;) {
    struct record *record = *link;
    if (strcmp(record->exited.container, container) == 0 &&
        (exec == NULL || strcmp(record->exited.exec, exec) == 0)) {
      *link = record->next;
      free(record);
    } else {
      link = &record->next;
    }
  }
}

void exits_acknowledge(const char *container, const char *exec) {
  forget(container, exec);
}

void exits_forget_container(const char *container) {
  forget(container, NULL);
}

void exits_send(void) {
  for (struct record *record = records; record != NULL; record = record->next)
    channel_event(&record->exited);
}

int exits_list(struct arena *arena, struct repeated *list) {
  for (struct record *record = records; record != NULL; record = record->next)
    list->count++;
  struct exited *items = arena_take(arena, list->count * sizeof(*items));
  if (items == NULL)
    return -ENOMEM;
  list->items = items;
  for (struct record *record = records; record != NULL; record = record->next)
    *items++ = record->exited;
  return 0;
}
