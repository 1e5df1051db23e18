#ifndef BEAGLE_WIRE_H
#define BEAGLE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* What a field is in the .proto and in the struct. */
enum wire_kind {
  WIRE_BOOL,    /* bool */
  WIRE_UINT32,  /* uint32_t, also enums */
  WIRE_UINT64,  /* uint64_t */
  WIRE_INT32,   /* int32_t */
  WIRE_INT64,   /* int64_t */
  WIRE_STRING,  /* const char *, never NULL after decoding */
  WIRE_BYTES,   /* struct bytes */
  WIRE_MESSAGE, /* pointer to the struct, NULL when absent */
};

struct bytes {
  const uint8_t *data;
  size_t length;
};

/* A repeated field: `items` are structs, or `const char *`, or `struct bytes`; never scalars (the protocol
 * has none). */
struct repeated {
  void *items;
  size_t count;
  size_t room;
};

struct wire_type;

struct wire_field {
  uint32_t number;
  enum wire_kind kind;
  bool repeated;
  size_t offset;
  const struct wire_type *type; /* of WIRE_MESSAGE */
};

/* The shape of a message. A field of a oneof is a WIRE_MESSAGE; `choice` is where the number of the last one
 * read goes. */
struct wire_type {
  const char *name;
  size_t size;
  const struct wire_field *fields;
  size_t count;
  size_t choice; /* WIRE_NO_CHOICE for none */
};

#define WIRE_NO_CHOICE SIZE_MAX

struct wire_buffer {
  uint8_t *data;
  size_t length;
  size_t room;
};

/*
 * Fills `message` (zeroed by this function), of type->size bytes. Strings are copied to the arena, bytes
 * point into `data`. -EPROTO: not a message of this type; -ENOMEM: the arena's limit.
 */
int wire_decode(const struct wire_type *type, struct arena *arena, const uint8_t *data, size_t length,
                void *message);

/* Appends the message in field order. -ENOMEM. Strings that are not UTF-8 get '?' for each byte that does not
 * belong. */
int wire_encode(const struct wire_type *type, const void *message, struct wire_buffer *buffer);
int wire_append(struct wire_buffer *buffer, const void *data, size_t length);
void wire_free(struct wire_buffer *buffer);

/* Length of the UTF-8 sequence at text[0], 0 when there is none (overlong, surrogate, cut). */
size_t wire_utf8_length(const uint8_t *text, size_t length);

#endif
