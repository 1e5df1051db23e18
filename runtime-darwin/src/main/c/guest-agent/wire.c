/*
 * A protobuf codec for messages described by tables (messages.c). Pure: bytes in, structs out.
 *
 * A message is walked once. A known field with the right wire type is stored, a known field with a wrong one
 * is an error, an unknown one is skipped. Groups (wire types 3 and 4) are refused. Nesting is bounded because
 * the tables have no cycle; memory is bounded by the arena.
 */
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum wire_encoding { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };

struct cursor {
  const uint8_t *at;
  const uint8_t *end;
};

static int read_varint(struct cursor *in, uint64_t *value) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in->at == in->end)
      return -EPROTO;
    uint8_t byte = *in->at++;
    if (shift == 63 && byte > 1)
      return -EPROTO;
    result |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      *value = result;
      return 0;
    }
  }
  return -EPROTO;
}

static int read_delimited(struct cursor *in, struct bytes *bytes) {
  uint64_t length;
  int result = read_varint(in, &length);
  if (result != 0)
    return result;
  if (length > (uint64_t)(in->end - in->at))
    return -EPROTO;
  bytes->data = in->at;
  bytes->length = (size_t)length;
  in->at += length;
  return 0;
}

static int skip(struct cursor *in, uint64_t encoding) {
  uint64_t value;
  struct bytes bytes;
  size_t fixed = encoding == FIXED64 ? 8 : 4;
  switch (encoding) {
  case VARINT:
    return read_varint(in, &value);
  case DELIMITED:
    return read_delimited(in, &bytes);
  case FIXED64:
  case FIXED32:
    if ((size_t)(in->end - in->at) < fixed)
      return -EPROTO;
    in->at += fixed;
    return 0;
  default:
    return -EPROTO;
  }
}

static size_t width(const struct wire_field *field) {
  switch (field->kind) {
  case WIRE_BOOL:
    return sizeof(bool);
  case WIRE_UINT32:
  case WIRE_INT32:
    return sizeof(uint32_t);
  case WIRE_UINT64:
  case WIRE_INT64:
    return sizeof(uint64_t);
  case WIRE_STRING:
    return sizeof(const char *);
  case WIRE_BYTES:
    return sizeof(struct bytes);
  case WIRE_MESSAGE:
    return field->type->size;
  }
  return 0;
}

static void store_scalar(enum wire_kind kind, void *target, uint64_t value) {
  if (kind == WIRE_BOOL)
    *(bool *)target = value != 0;
  else if (kind == WIRE_UINT32 || kind == WIRE_INT32)
    *(uint32_t *)target = (uint32_t)value;
  else
    *(uint64_t *)target = value;
}

/* The place for one more item of a repeated field. */
static void *grow(struct arena *arena, struct repeated *list, size_t item) {
  if (list->count == list->room) {
    size_t room = list->room == 0 ? 4 : list->room * 2;
    void *items = arena_take(arena, room * item);
    if (items == NULL)
      return NULL;
    if (list->count > 0)
      memcpy(items, list->items, list->count * item);
    list->items = items;
    list->room = room;
  }
  return (char *)list->items + list->count++ * item;
}

static int store_string(struct arena *arena, const struct bytes *bytes, const char **target) {
  for (size_t at = 0; at < bytes->length;) {
    size_t step = bytes->data[at] == 0 ? 0 : wire_utf8_length(bytes->data + at, bytes->length - at);
    if (step == 0)
      return -EPROTO;
    at += step;
  }
  char *copy = arena_take(arena, bytes->length + 1);
  if (copy == NULL)
    return -ENOMEM;
  if (bytes->length > 0)
    memcpy(copy, bytes->data, bytes->length);
  *target = copy;
  return 0;
}

static int store_delimited(const struct wire_field *field, struct arena *arena, const struct bytes *bytes,
                           void *target) {
  switch (field->kind) {
  case WIRE_STRING:
    return store_string(arena, bytes, target);
  case WIRE_BYTES:
    *(struct bytes *)target = *bytes;
    return 0;
  default:
    return wire_decode(field->type, arena, bytes->data, bytes->length, target);
  }
}

static const struct wire_field *find(const struct wire_type *type, uint64_t number) {
  for (size_t i = 0; i < type->count; i++)
    if (type->fields[i].number == number)
      return &type->fields[i];
  return NULL;
}

static int read_field(const struct wire_field *field, struct arena *arena, struct cursor *in,
                      uint64_t encoding, char *message) {
  void *target = message + field->offset;
  bool scalar = field->kind < WIRE_STRING;
  if (encoding != (scalar ? VARINT : DELIMITED))
    return -EPROTO;
  if (scalar) {
    uint64_t value;
    int result = read_varint(in, &value);
    if (result == 0)
      store_scalar(field->kind, target, value);
    return result;
  }
  struct bytes bytes;
  int result = read_delimited(in, &bytes);
  if (result != 0)
    return result;
  if (field->repeated) {
    target = grow(arena, target, width(field));
    return target == NULL ? -ENOMEM : store_delimited(field, arena, &bytes, target);
  }
  if (field->kind == WIRE_MESSAGE) {
    void *nested = arena_take(arena, field->type->size);
    if (nested == NULL)
      return -ENOMEM;
    *(void **)target = nested;
    target = nested;
  }
  return store_delimited(field, arena, &bytes, target);
}

static void set_defaults(const struct wire_type *type, char *message) {
  memset(message, 0, type->size);
  for (size_t i = 0; i < type->count; i++)
    if (type->fields[i].kind == WIRE_STRING && !type->fields[i].repeated)
      *(const char **)(message + type->fields[i].offset) = "";
}

int wire_decode(const struct wire_type *type, struct arena *arena, const uint8_t *data, size_t length,
                void *message) {
  struct cursor in = {data, length == 0 ? data : data + length};
  set_defaults(type, message);
  while (in.at < in.end) {
    uint64_t key;
    int result = read_varint(&in, &key);
    if (result != 0)
      return result;
    if (key >> 3 == 0 || key > UINT32_MAX)
      return -EPROTO;
    const struct wire_field *field = find(type, key >> 3);
    if (field == NULL) {
      result = skip(&in, key & 7);
    } else {
      result = read_field(field, arena, &in, key & 7, message);
      if (type->choice != WIRE_NO_CHOICE && field->kind == WIRE_MESSAGE)
        *(uint32_t *)((char *)message + type->choice) = field->number;
    }
    if (result != 0)
      return result;
  }
  return 0;
}

int wire_append(struct wire_buffer *buffer, const void *data, size_t length) {
  if (length > buffer->room - buffer->length) {
    size_t room = buffer->room == 0 ? 256 : buffer->room;
    while (room - buffer->length < length)
      room *= 2;
    uint8_t *grown = realloc(buffer->data, room);
    if (grown == NULL)
      return -ENOMEM;
    buffer->data = grown;
    buffer->room = room;
  }
  if (length > 0)
    memcpy(buffer->data + buffer->length, data, length);
  buffer->length += length;
  return 0;
}

void wire_free(struct wire_buffer *buffer) {
  free(buffer->data);
  *buffer = (struct wire_buffer){0};
}

static int put_varint(struct wire_buffer *buffer, uint64_t value) {
  uint8_t bytes[10];
  size_t length = 0;
  do {
    bytes[length++] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
    value >>= 7;
  } while (value != 0);
  return wire_append(buffer, bytes, length);
}

static int put_delimited(struct wire_buffer *buffer, uint32_t number, const void *data, size_t length) {
  int result = put_varint(buffer, (uint64_t)number << 3 | DELIMITED);
  if (result == 0)
    result = put_varint(buffer, length);
  return result != 0 ? result : wire_append(buffer, data, length);
}

static int put_string(struct wire_buffer *buffer, uint32_t number, const char *text) {
  size_t length = strlen(text);
  int result = put_delimited(buffer, number, text, length);
  if (result != 0)
    return result;
  uint8_t *copy = buffer->data + buffer->length - length;
  for (size_t at = 0; at < length;) {
    size_t step = wire_utf8_length(copy + at, length - at);
    if (step == 0)
      copy[at] = '?';
    at += step == 0 ? 1 : step;
  }
  return 0;
}

static int put_message(struct wire_buffer *buffer, const struct wire_field *field, const void *message) {
  struct wire_buffer nested = {0};
  int result = wire_encode(field->type, message, &nested);
  if (result == 0)
    result = put_delimited(buffer, field->number, nested.data, nested.length);
  wire_free(&nested);
  return result;
}

static int put_item(struct wire_buffer *buffer, const struct wire_field *field, const void *item) {
  if (field->kind == WIRE_STRING)
    return put_string(buffer, field->number, *(const char *const *)item);
  if (field->kind == WIRE_MESSAGE)
    return put_message(buffer, field, item);
  const struct bytes *bytes = item;
  return put_delimited(buffer, field->number, bytes->data, bytes->length);
}

static uint64_t load_scalar(enum wire_kind kind, const void *source) {
  switch (kind) {
  case WIRE_BOOL:
    return *(const bool *)source;
  case WIRE_UINT32:
    return *(const uint32_t *)source;
  case WIRE_INT32:
    return (uint64_t)(int64_t) * (const int32_t *)source;
  default:
    return *(const uint64_t *)source;
  }
}

static int put_single(struct wire_buffer *buffer, const struct wire_field *field, const void *source) {
  if (field->kind == WIRE_MESSAGE) {
    const void *message = *(const void *const *)source;
    return message == NULL ? 0 : put_message(buffer, field, message);
  }
  if (field->kind == WIRE_STRING) {
    const char *text = *(const char *const *)source;
    return text == NULL || *text == '\0' ? 0 : put_string(buffer, field->number, text);
  }
  if (field->kind == WIRE_BYTES)
    return ((const struct bytes *)source)->length == 0 ? 0 : put_item(buffer, field, source);
  uint64_t value = load_scalar(field->kind, source);
  if (value == 0)
    return 0;
  int result = put_varint(buffer, (uint64_t)field->number << 3 | VARINT);
  return result != 0 ? result : put_varint(buffer, value);
}

int wire_encode(const struct wire_type *type, const void *message, struct wire_buffer *buffer) {
  for (size_t i = 0; i < type->count; i++) {
    const struct wire_field *field = &type->fields[i];
    const char *source = (const char *)message + field->offset;
    int result = 0;
    if (field->repeated) {
      const struct repeated *list = (const struct repeated *)source;
      for (size_t k = 0; k < list->count && result == 0; k++)
        result = put_item(buffer, field, (const char *)list->items + k * width(field));
    } else {
      result = put_single(buffer, field, source);
    }
    if (result != 0)
      return result;
  }
  return 0;
}

size_t wire_utf8_length(const uint8_t *text, size_t length) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (length == 0)
    return 0;
  size_t size = text[0] < 0x80       ? 1
                : text[0] >> 5 == 6  ? 2
                : text[0] >> 4 == 14 ? 3
                : text[0] >> 3 == 30 ? 4
                                     : 0;
  if (size <= 1)
    return size;
  if (size > length)
    return 0;
  uint32_t code = text[0] & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if (text[i] >> 6 != 2)
      return 0;
    code = code << 6 | (text[i] & 0x3f);
  }
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < smallest[size] || code > 0x10ffff || surrogate ? 0 : size;
}
