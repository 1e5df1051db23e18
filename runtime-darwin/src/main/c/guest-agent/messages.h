#ifndef BEAGLE_MESSAGES_H
#define BEAGLE_MESSAGES_H

#include "wire.h"

/* The messages of agent.proto as structs, field for field; see there for what they mean. */

enum { PROTOCOL_VERSION = 1, FRAME_LIMIT = 4 << 20, TOKEN_LENGTH = 16 };
enum role { ROLE_CONTROL = 1, ROLE_DESCRIPTORS = 2, ROLE_STREAM = 3, ROLE_LOG = 4 };
enum container_state { STATE_UNSPECIFIED = 0, STATE_CREATED = 1, STATE_RUNNING = 2, STATE_EXITED = 3 };

struct hello {
  uint32_t protocol;
  uint32_t role;
  struct bytes token;
  const char *log;
};

struct error {
  const char *kind;
  const char *message;
};

struct hello_reply {
  uint32_t protocol;
  const char *build;
  const struct error *error;
};

struct handover {
  struct repeated names; /* const char * */
};

struct address {
  struct bytes address;
  uint32_t prefix_length;
};

struct interface {
  const char *name;
  struct bytes mac;
  uint32_t mtu;
  struct repeated addresses; /* struct address */
  struct repeated gateways;  /* struct bytes */
  struct repeated routes;    /* struct address */
  const char *port_name;
  const char *port_token;
};

struct text_entry {
  const char *key;
  const char *value;
};

struct bytes_entry {
  const char *key;
  struct bytes value;
};

struct open_sandbox {
  const char *sandbox;
  const char *hostname;
  bool own_network;
  bool own_ipc;
  bool shared_pid;
  struct repeated sysctls; /* struct text_entry */
  const struct interface *network;
  struct repeated files; /* struct bytes_entry */
  uint64_t shm_bytes;
};

struct add_folder {
  const char *name;
  const char *handed_over;
  const char *export_entry;
  bool read_only;
  bool scratch;
  bool layer;
};

struct remove_folder {
  const char *name;
};

struct create_container {
  const char *container;
  struct repeated layers; /* const char * */
  const char *upper;
  struct bytes config;
  bool has_stdin;
  bool stdin_once;
  bool tty;
  const char *log;
  const char *cgroup;
  bool unsynced;
};

struct container_name {
  const char *container;
};

struct signal_request {
  const char *container;
  const char *exec;
  int32_t signal;
  bool all;
};

struct exec_request {
  const char *container;
  const char *exec;
  struct bytes process;
  bool tty;
  struct bytes stdin_token;
  struct bytes stdout_token;
  struct bytes stderr_token;
  uint64_t timeout_millis;
};

struct attach_request {
  const char *container;
  struct bytes stdin_token;
  struct bytes stdout_token;
  struct bytes stderr_token;
};

struct resize_request {
  const char *container;
  const char *exec;
  uint32_t columns;
  uint32_t rows;
};

struct connect_request {
  uint32_t port;
  struct bytes token;
};

struct reopen_log {
  const char *container;
  const char *log;
};

struct usage_request {
  struct repeated containers; /* const char * */
};

struct process_name {
  const char *container;
  const char *exec;
};

struct empty {
  char nothing;
};

enum call {
  CALL_OPEN_SANDBOX = 2,
  CALL_ADD_FOLDER = 3,
  CALL_REMOVE_FOLDER = 4,
  CALL_CREATE_CONTAINER = 5,
  CALL_START_CONTAINER = 6,
  CALL_SIGNAL = 7,
  CALL_DELETE_CONTAINER = 8,
  CALL_EXEC = 9,
  CALL_ATTACH = 10,
  CALL_RESIZE = 11,
  CALL_CONNECT = 12,
  CALL_REOPEN_LOG = 13,
  CALL_USAGE = 14,
  CALL_LIST_PROCESSES = 15,
  CALL_ACKNOWLEDGE_EXIT = 16,
  CALL_CLOSE_SANDBOX = 17,
};

struct request {
  uint64_t id;
  uint32_t call; /* enum call, 0 for none */
  const struct open_sandbox *open_sandbox;
  const struct add_folder *add_folder;
  const struct remove_folder *remove_folder;
  const struct create_container *create_container;
  const struct container_name *start_container;
  const struct signal_request *signal;
  const struct container_name *delete_container;
  const struct exec_request *exec;
  const struct attach_request *attach;
  const struct resize_request *resize;
  const struct connect_request *connect;
  const struct reopen_log *reopen_log;
  const struct usage_request *usage;
  const struct empty *list_processes;
  const struct process_name *acknowledge_exit;
  const struct empty *close_sandbox;
};

struct started {
  int64_t pid;
  int64_t at;
};

struct container_usage {
  const char *container;
  int64_t at;
  uint64_t cpu_nanos;
  uint64_t memory_bytes;
  uint64_t working_set_bytes;
  uint64_t rss_bytes;
  uint64_t page_faults;
  uint64_t major_page_faults;
  uint64_t memory_limit_bytes;
  uint64_t processes;
};

struct usage_reply {
  struct repeated containers; /* struct container_usage */
};

struct container_process {
  const char *container;
  uint32_t state;
  int64_t pid;
  int64_t started_at;
};

struct exited {
  const char *container;
  const char *exec;
  int32_t code;
  bool oom_killed;
  bool timed_out;
  int64_t at;
};

struct process_list {
  const char *sandbox;
  int64_t pause_pid;
  struct repeated containers; /* struct container_process */
  struct repeated folders;    /* const char * */
  struct repeated exits;      /* struct exited */
};

struct reply {
  uint64_t id;
  uint32_t result; /* number of the result field, when decoded */
  const struct error *error;
  const struct started *started;
  const struct usage_reply *usage;
  const struct process_list *processes;
  const struct exited *exited;
};

extern const struct wire_type hello_type;
extern const struct wire_type hello_reply_type;
extern const struct wire_type handover_type;
extern const struct wire_type request_type;
extern const struct wire_type reply_type;

#endif
