#ifndef BEAGLE_ARENA_H
#define BEAGLE_ARENA_H

#include <stddef.h>

/*
 * Memory of one message: taken in pieces, given back all at once. `limit` bounds what one message can make us
 * allocate, because repeated empty messages are two bytes on the wire and a struct here.
 */
struct arena_block;

struct arena {
  struct arena_block *blocks;
  size_t used;
  size_t limit;
};

void arena_init(struct arena *arena, size_t limit);
/* Zeroed and aligned for anything; NULL when the limit or memory is reached. */
void *arena_take(struct arena *arena, size_t size);
void arena_release(struct arena *arena);

#endif
