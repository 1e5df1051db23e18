/* Tests of the agent's pure parts. One argument: the folder of golden messages. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "log.h"
#include "messages.h"
#include "mount.h"
#include "runtime.h"

static unsigned checks;
static unsigned failures;

static void check(bool right, const char *what, int line) {
  checks++;
  if (right)
    return;
  failures++;
  fprintf(stderr, "unit.c:%d: %s\n", line, what);
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static const struct wire_type *type_of(const char *file) {
  static const struct {
    const char *prefix;
    const struct wire_type *type;
  } types[] = {{"hello-reply", &hello_reply_type}, {"hello", &hello_type}, {"handover", &handover_type},
               {"request", &request_type},         {"reply", &reply_type}, {"event", &reply_type}};
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
    if (strncmp(file, types[i].prefix, strlen(types[i].prefix)) == 0)
      return types[i].type;
  return NULL;
}

static size_t read_hex(const char *path, uint8_t *data, size_t room) {
  FILE *file = fopen(path, "r");
  size_t length = 0;
  unsigned byte;
  while (file != NULL && length < room && fscanf(file, "%2x", &byte) == 1)
    data[length++] = (uint8_t)byte;
  if (file != NULL)
    fclose(file);
  return length;
}

union any {
  struct hello hello;
  struct hello_reply hello_reply;
  struct handover handover;
  struct request request;
  struct reply reply;
};

/* Every prefix of a message is decoded, too: none may crash, and memory is watched by the sanitizers. */
static void golden_message(const char *path, const char *name) {
  uint8_t data[4096];
  union any message;
  struct wire_buffer again = {0};
  struct arena arena;
  const struct wire_type *type = type_of(name);
  size_t length = read_hex(path, data, sizeof(data));
  arena_init(&arena, 1 << 20);
  CHECK(type != NULL && length > 0);
  if (type == NULL)
    return;
  CHECK(wire_decode(type, &arena, data, length, &message) == 0);
  CHECK(wire_encode(type, &message, &again) == 0);
  check(again.length == length && memcmp(again.data, data, length) == 0, name, __LINE__);
  wire_free(&again);
  for (size_t cut = 0; cut < length; cut++) {
    uint8_t *copy = malloc(cut + 1);
    memcpy(copy, data, cut);
    int result = wire_decode(type, &arena, copy, cut, &message);
    CHECK(result == 0 || result == -EPROTO || result == -ENOMEM);
    free(copy);
  }
  arena_release(&arena);
}

static void test_golden(const char *folder) {
  DIR *directory = opendir(folder);
  unsigned count = 0;
  char path[4096];
  CHECK(directory != NULL);
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    size_t length = strlen(entry->d_name);
    if (length < 4 || strcmp(entry->d_name + length - 4, ".hex") != 0)
      continue;
    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    golden_message(path, entry->d_name);
    count++;
  }
  if (directory != NULL)
    closedir(directory);
  CHECK(count >= 26);
}

static int decode(const struct wire_type *type, const char *data, size_t length, void *message) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  int result = wire_decode(type, &arena, (const uint8_t *)data, length, message);
  arena_release(&arena);
  return result;
}

#define DECODE(type, text, message) decode(type, text, sizeof(text) - 1, message)

static void test_codec(void) {
  struct hello hello;
  struct error unused;
  struct request request;
  (void)unused;
  CHECK(DECODE(&hello_type, "", &hello) == 0 && hello.protocol == 0);
  /* Unknown fields of every encoding are skipped. */
  CHECK(DECODE(&hello_type,
               "\x78\x01\x29"
               "12345678"
               "\x32\x02"
               "ab"
               "\x3d"
               "1234"
               "\x08\x07",
               &hello) == 0);
  CHECK(hello.protocol == 7);
  CHECK(DECODE(&hello_type, "\x08\x01\x08\x02", &hello) == 0 && hello.protocol == 2);
  /* Cut, overlong, wrong encoding, group, field 0, length beyond the end. */
  CHECK(DECODE(&hello_type, "\x08", &hello) == -EPROTO);
  CHECK(DECODE(&hello_type, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", &hello) == -EPROTO);
  CHECK(DECODE(&hello_type, "\x0a\x01x", &hello) == -EPROTO);
  CHECK(DECODE(&hello_type, "\x0b\x0c", &hello) == -EPROTO);
  CHECK(DECODE(&hello_type, "\x00\x01", &hello) == -EPROTO);
  CHECK(DECODE(&hello_type,
               "\x1a\x05"
               "ab",
               &hello) == -EPROTO);
  CHECK(DECODE(&hello_type, "\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &hello) == -EPROTO);
  /* A string with NUL, and one that is not UTF-8, in remove_folder.name. */
  CHECK(DECODE(&request_type,
               "\x22\x04\x0a\x02"
               "a\0",
               &request) == -EPROTO);
  CHECK(DECODE(&request_type,
               "\x22\x04\x0a\x02"
               "a\xff",
               &request) == -EPROTO);
  CHECK(DECODE(&request_type,
               "\x22\x04\x0a\x02"
               "ab",
               &request) == 0 &&
        request.call == CALL_REMOVE_FOLDER);
}

static void test_memory_is_bounded(void) {
  /* A thousand empty addresses in two bytes each must not take more than the arena's limit. */
  uint8_t data[2000];
  struct arena arena;
  struct handover handover;
  for (size_t i = 0; i < sizeof(data); i += 2) {
    data[i] = 0x0a;
    data[i + 1] = 0;
  }
  arena_init(&arena, 4096);
  CHECK(wire_decode(&handover_type, &arena, data, sizeof(data), &handover) == -ENOMEM);
  CHECK(arena.used <= 4096);
  arena_release(&arena);
}

static void test_strings_leave_as_utf8(void) {
  struct wire_buffer buffer = {0};
  struct error error = {"INTERNAL", "a\xff\xc3\xbc\xed\xa0\x80"};
  struct reply reply = {.error = &error};
  CHECK(wire_encode(&reply_type, &reply, &buffer) == 0);
  static const char expected[] = "\x12\x13\x0a\x08INTERNAL\x12\x07"
                                 "a?\xc3\xbc???";
  CHECK(buffer.length == sizeof(expected) - 1 && memcmp(buffer.data, expected, buffer.length) == 0);
  wire_free(&buffer);
  CHECK(wire_utf8_length((const uint8_t *)"\xf0\x9f\x90\xb6", 4) == 4);
  CHECK(wire_utf8_length((const uint8_t *)"\xc0\x80", 2) == 0);
  CHECK(wire_utf8_length((const uint8_t *)"\xf4\x90\x80\x80", 4) == 0);
}

static const char stamp[] = "2026-11-22T18:00:00.000000001Z";

static void put(struct log_text *text, struct log_carry *carry, const char *data, size_t length) {
  CHECK(log_format(text, carry, stamp, LOG_STDOUT, (const uint8_t *)data, length) == 0);
}

static bool is(const struct log_text *text, const char *expected) {
  return text->length == strlen(expected) && memcmp(text->data, expected, text->length) == 0;
}

static void test_log_lines(void) {
  struct log_text text = {0};
  static struct log_carry carry;
  put(&text, &carry, "one\ntw", 6);
  CHECK(is(&text, "2026-11-22T18:00:00.000000001Z stdout F one\n") && carry.length == 2);
  text.length = 0;
  put(&text, &carry, "o\n\n", 3);
  CHECK(is(&text, "2026-11-22T18:00:00.000000001Z stdout F two\n2026-11-22T18:00:00.000000001Z stdout F \n"));
  free(text.data);
}

static void test_long_log_lines(void) {
  struct log_text text = {0};
  static struct log_carry carry;
  static char line[LOG_LINE_LIMIT + 2];
  memset(line, 'x', sizeof(line));
  /* Exactly the limit is whole, whether the newline comes with it or later. */
  line[LOG_LINE_LIMIT] = '\n';
  put(&text, &carry, line, LOG_LINE_LIMIT + 1);
  CHECK(text.length == 40 + LOG_LINE_LIMIT + 1);
  CHECK(memcmp(text.data + 30, " stdout F x", 11) == 0 && carry.length == 0);
  text.length = 0;
  put(&text, &carry, line, LOG_LINE_LIMIT);
  CHECK(text.length == 0 && carry.length == LOG_LINE_LIMIT);
  put(&text, &carry, "\n", 1);
  CHECK(memcmp(text.data + 30, " stdout F x", 11) == 0);
  /* One more is cut. */
  text.length = 0;
  put(&text, &carry, line, LOG_LINE_LIMIT);
  put(&text, &carry, "y\n", 2);
  CHECK(memcmp(text.data + 30, " stdout P x", 11) == 0);
  CHECK(memcmp(text.data + text.length - 12, " stdout F y\n", 12) == 0);
  free(text.data);
}

static void test_log_stamp(void) {
  char text[LOG_STAMP_LENGTH];
  log_stamp(1795369200123456789, text);
  CHECK(memcmp(text, "2026-11-22T17:40:00.123456789Z", LOG_STAMP_LENGTH) == 0);
  log_stamp(951782400000000000, text);
  CHECK(memcmp(text, "2000-02-29T00:00:00.000000000Z", LOG_STAMP_LENGTH) == 0);
}

static void test_full_disk(void) {
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  char path[] = "/tmp/beagle-unit-XXXXXX";
  struct log *log = log_open(full);
  CHECK(log != NULL);
  log_put(log, LOG_STDOUT, (const uint8_t *)"lost\n", 5);
  CHECK(log->failing);
  log_reopen(log, mkstemp(path));
  log_put(log, LOG_STDOUT, (const uint8_t *)"kept\nta", 7);
  log_put(log, LOG_STDERR, (const uint8_t *)"bad", 3);
  log_end(log, LOG_STDERR);
  log_end(log, LOG_STDOUT);
  log_end(log, LOG_STDOUT);
  char text[512] = "";
  FILE *file = fopen(path, "r");
  CHECK(file != NULL && fread(text, 1, sizeof(text) - 1, file) == 3 * 41 + 4 + 3 + 2);
  CHECK(strstr(text, " stdout F kept\n") != NULL && strstr(text, " stderr P bad\n") != NULL);
  if (file != NULL)
    fclose(file);
  remove(path);
  log_close(log);
}

static void test_names_and_paths(void) {
  char longest[130];
  memset(longest, 'a', sizeof(longest));
  longest[129] = '\0';
  CHECK(!name_valid(longest));
  longest[128] = '\0';
  CHECK(name_valid(longest));
  CHECK(name_valid("sha256-0.1_x") && name_valid("..."));
  CHECK(!name_valid("") && !name_valid(".") && !name_valid("..") && !name_valid("a/b") && !name_valid("a:b"));
  CHECK(cgroup_path_valid("/a/b") && cgroup_path_valid("a") && cgroup_path_valid("/a/..b"));
  CHECK(!cgroup_path_valid("") && !cgroup_path_valid("/") && !cgroup_path_valid("//"));
  CHECK(!cgroup_path_valid("..") && !cgroup_path_valid("/a/..") && !cgroup_path_valid("a/../b"));
}

static bool last_error_is(const char *log, const char *expected) {
  char message[64];
  runtime_last_error(log, strlen(log), message, sizeof(message));
  return strcmp(message, expected) == 0;
}

static void test_runtime_errors(void) {
  CHECK(last_error_is("", ""));
  CHECK(last_error_is("not json\n", ""));
  CHECK(
      last_error_is("{\"msg\":\"a `b` \\\"c\\\"\\n\",\"level\":\"error\",\"time\":\"x\"}\n", "a `b` \"c\""));
  CHECK(last_error_is("{\"level\":\"error\",\"msg\":\"one\"}\n{\"level\":\"warning\",\"msg\":\"two\"}\n",
                      "one"));
  CHECK(last_error_is("{\"level\": \"error\", \"msg\": \"cut", "cut"));
  CHECK(last_error_is("{\"msg\":\"\\u0041\\u0007\\u", "A u"));
  CHECK(strcmp(runtime_error_kind("executable file `/x` not found in $PATH: No such file or directory"),
               "INVALID_ARGUMENT") == 0);
  CHECK(strcmp(runtime_error_kind("exec: \"/x\": stat /x: no such file or directory"), "INVALID_ARGUMENT") ==
        0);
  CHECK(strcmp(runtime_error_kind("writing to cgroup.procs: No such process"), "INTERNAL") == 0);
}

int main(int count, char **arguments) {
  test_golden(count > 1 ? arguments[1] : "src/test/golden");
  test_codec();
  test_memory_is_bounded();
  test_strings_leave_as_utf8();
  test_log_lines();
  test_long_log_lines();
  test_log_stamp();
  test_full_disk();
  test_names_and_paths();
  test_runtime_errors();
  printf("unit: %u checks, %u failed\n", checks, failures);
  return failures == 0 ? 0 : 1;
}
