/*
 * Blocks are chained newest first; a request that does not fit in the newest one opens another. Nothing is
 * ever given back on its own.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
  struct arena_block *next;
  size_t size;
  size_t used;
  max_align_t data[];
};

void arena_init(struct arena *arena, size_t limit) {
  arena->blocks = NULL;
  arena->used = 0;
  arena->limit = limit;
}

void *arena_take(struct arena *arena, size_t size) {
  if (size > arena->limit - arena->used)
    return NULL;
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (size > arena->limit - arena->used)
    return NULL;
  struct arena_block *block = arena->blocks;
  if (block == NULL || block->size - block->used < size) {
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    block = malloc(sizeof(*block) + room);
    if (block == NULL)
      return NULL;
    block->next = arena->blocks;
    block->size = room;
    block->used = 0;
    arena->blocks = block;
  }
  void *piece = (char *)block->data + block->used;
  block->used += size;
  arena->used += size;
  memset(piece, 0, size);
  return piece;
}

void arena_release(struct arena *arena) {
  while (arena->blocks != NULL) {
    struct arena_block *block = arena->blocks;
    arena->blocks = block->next;
    free(block);
  }
  arena->used = 0;
}
