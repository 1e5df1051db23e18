/* The tables of agent.proto for the codec of wire.c: one line a field, in the order of the field numbers. */
#include "messages.h"

#define FIELD(number, kind, type, member)                                                                    \
  { number, kind, false, offsetof(struct type, member), NULL }
#define NESTED(number, type, member, of)                                                                     \
  { number, WIRE_MESSAGE, false, offsetof(struct type, member), &of##_type }
#define LIST(number, kind, type, member)                                                                     \
  { number, kind, true, offsetof(struct type, member), NULL }
#define NESTED_LIST(number, type, member, of)                                                                \
  { number, WIRE_MESSAGE, true, offsetof(struct type, member), &of##_type }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHOICE_TYPE(type, choice)                                                                            \
  const struct wire_type type##_type = {#type, sizeof(struct type), type##_fields, COUNT(type##_fields),     \
                                        choice}
#define TYPE(type) CHOICE_TYPE(type, WIRE_NO_CHOICE)

static const struct wire_field hello_fields[] = {
    FIELD(1, WIRE_UINT32, hello, protocol),
    FIELD(2, WIRE_UINT32, hello, role),
    FIELD(3, WIRE_BYTES, hello, token),
    FIELD(4, WIRE_STRING, hello, log),
};
TYPE(hello);

static const struct wire_field error_fields[] = {
    FIELD(1, WIRE_STRING, error, kind),
    FIELD(2, WIRE_STRING, error, message),
};
static TYPE(error);

static const struct wire_field hello_reply_fields[] = {
    FIELD(1, WIRE_UINT32, hello_reply, protocol),
    FIELD(2, WIRE_STRING, hello_reply, build),
    NESTED(3, hello_reply, error, error),
};
TYPE(hello_reply);

static const struct wire_field handover_fields[] = {LIST(1, WIRE_STRING, handover, names)};
TYPE(handover);

static const struct wire_field address_fields[] = {
    FIELD(1, WIRE_BYTES, address, address),
    FIELD(2, WIRE_UINT32, address, prefix_length),
};
static TYPE(address);

static const struct wire_field interface_fields[] = {
    FIELD(1, WIRE_STRING, interface, name),      FIELD(2, WIRE_BYTES, interface, mac),
    FIELD(3, WIRE_UINT32, interface, mtu),       NESTED_LIST(4, interface, addresses, address),
    LIST(5, WIRE_BYTES, interface, gateways),    NESTED_LIST(6, interface, routes, address),
    FIELD(7, WIRE_STRING, interface, port_name), FIELD(8, WIRE_STRING, interface, port_token),
};
static TYPE(interface);

static const struct wire_field text_entry_fields[] = {
    FIELD(1, WIRE_STRING, text_entry, key),
    FIELD(2, WIRE_STRING, text_entry, value),
};
static TYPE(text_entry);

static const struct wire_field bytes_entry_fields[] = {
    FIELD(1, WIRE_STRING, bytes_entry, key),
    FIELD(2, WIRE_BYTES, bytes_entry, value),
};
static TYPE(bytes_entry);

static const struct wire_field open_sandbox_fields[] = {
    FIELD(1, WIRE_STRING, open_sandbox, sandbox),   FIELD(2, WIRE_STRING, open_sandbox, hostname),
    FIELD(3, WIRE_BOOL, open_sandbox, own_network), FIELD(4, WIRE_BOOL, open_sandbox, own_ipc),
    FIELD(5, WIRE_BOOL, open_sandbox, shared_pid),  NESTED_LIST(6, open_sandbox, sysctls, text_entry),
    NESTED(7, open_sandbox, network, interface),    NESTED_LIST(8, open_sandbox, files, bytes_entry),
    FIELD(9, WIRE_UINT64, open_sandbox, shm_bytes),
};
static TYPE(open_sandbox);

static const struct wire_field add_folder_fields[] = {
    FIELD(1, WIRE_STRING, add_folder, name),         FIELD(2, WIRE_STRING, add_folder, handed_over),
    FIELD(3, WIRE_STRING, add_folder, export_entry), FIELD(4, WIRE_BOOL, add_folder, read_only),
    FIELD(5, WIRE_BOOL, add_folder, scratch),        FIELD(6, WIRE_BOOL, add_folder, layer),
};
static TYPE(add_folder);

static const struct wire_field remove_folder_fields[] = {FIELD(1, WIRE_STRING, remove_folder, name)};
static TYPE(remove_folder);

static const struct wire_field create_container_fields[] = {
    FIELD(1, WIRE_STRING, create_container, container), LIST(2, WIRE_STRING, create_container, layers),
    FIELD(3, WIRE_STRING, create_container, upper),     FIELD(4, WIRE_BYTES, create_container, config),
    FIELD(5, WIRE_BOOL, create_container, has_stdin),   FIELD(6, WIRE_BOOL, create_container, stdin_once),
    FIELD(7, WIRE_BOOL, create_container, tty),         FIELD(8, WIRE_STRING, create_container, log),
    FIELD(9, WIRE_STRING, create_container, cgroup),    FIELD(10, WIRE_BOOL, create_container, unsynced),
};
static TYPE(create_container);

static const struct wire_field container_name_fields[] = {FIELD(1, WIRE_STRING, container_name, container)};
static TYPE(container_name);

static const struct wire_field signal_request_fields[] = {
    FIELD(1, WIRE_STRING, signal_request, container),
    FIELD(2, WIRE_STRING, signal_request, exec),
    FIELD(3, WIRE_INT32, signal_request, signal),
    FIELD(4, WIRE_BOOL, signal_request, all),
};
static TYPE(signal_request);

static const struct wire_field exec_request_fields[] = {
    FIELD(1, WIRE_STRING, exec_request, container),   FIELD(2, WIRE_STRING, exec_request, exec),
    FIELD(3, WIRE_BYTES, exec_request, process),      FIELD(4, WIRE_BOOL, exec_request, tty),
    FIELD(5, WIRE_BYTES, exec_request, stdin_token),  FIELD(6, WIRE_BYTES, exec_request, stdout_token),
    FIELD(7, WIRE_BYTES, exec_request, stderr_token), FIELD(8, WIRE_UINT64, exec_request, timeout_millis),
};
static TYPE(exec_request);

static const struct wire_field attach_request_fields[] = {
    FIELD(1, WIRE_STRING, attach_request, container),
    FIELD(2, WIRE_BYTES, attach_request, stdin_token),
    FIELD(3, WIRE_BYTES, attach_request, stdout_token),
    FIELD(4, WIRE_BYTES, attach_request, stderr_token),
};
static TYPE(attach_request);

static const struct wire_field resize_request_fields[] = {
    FIELD(1, WIRE_STRING, resize_request, container),
    FIELD(2, WIRE_STRING, resize_request, exec),
    FIELD(3, WIRE_UINT32, resize_request, columns),
    FIELD(4, WIRE_UINT32, resize_request, rows),
};
static TYPE(resize_request);

static const struct wire_field connect_request_fields[] = {
    FIELD(1, WIRE_UINT32, connect_request, port),
    FIELD(2, WIRE_BYTES, connect_request, token),
};
static TYPE(connect_request);

static const struct wire_field reopen_log_fields[] = {
    FIELD(1, WIRE_STRING, reopen_log, container),
    FIELD(2, WIRE_STRING, reopen_log, log),
};
static TYPE(reopen_log);

static const struct wire_field usage_request_fields[] = {LIST(1, WIRE_STRING, usage_request, containers)};
static TYPE(usage_request);

static const struct wire_field process_name_fields[] = {
    FIELD(1, WIRE_STRING, process_name, container),
    FIELD(2, WIRE_STRING, process_name, exec),
};
static TYPE(process_name);

static const struct wire_type empty_type = {"empty", sizeof(struct empty), NULL, 0, WIRE_NO_CHOICE};

static const struct wire_field request_fields[] = {
    FIELD(1, WIRE_UINT64, request, id),
    NESTED(CALL_OPEN_SANDBOX, request, open_sandbox, open_sandbox),
    NESTED(CALL_ADD_FOLDER, request, add_folder, add_folder),
    NESTED(CALL_REMOVE_FOLDER, request, remove_folder, remove_folder),
    NESTED(CALL_CREATE_CONTAINER, request, create_container, create_container),
    NESTED(CALL_START_CONTAINER, request, start_container, container_name),
    NESTED(CALL_SIGNAL, request, signal, signal_request),
    NESTED(CALL_DELETE_CONTAINER, request, delete_container, container_name),
    NESTED(CALL_EXEC, request, exec, exec_request),
    NESTED(CALL_ATTACH, request, attach, attach_request),
    NESTED(CALL_RESIZE, request, resize, resize_request),
    NESTED(CALL_CONNECT, request, connect, connect_request),
    NESTED(CALL_REOPEN_LOG, request, reopen_log, reopen_log),
    NESTED(CALL_USAGE, request, usage, usage_request),
    NESTED(CALL_LIST_PROCESSES, request, list_processes, empty),
    NESTED(CALL_ACKNOWLEDGE_EXIT, request, acknowledge_exit, process_name),
    NESTED(CALL_CLOSE_SANDBOX, request, close_sandbox, empty),
};
CHOICE_TYPE(request, offsetof(struct request, call));

static const struct wire_field started_fields[] = {
    FIELD(1, WIRE_INT64, started, pid),
    FIELD(2, WIRE_INT64, started, at),
};
static TYPE(started);

static const struct wire_field container_usage_fields[] = {
    FIELD(1, WIRE_STRING, container_usage, container),
    FIELD(2, WIRE_INT64, container_usage, at),
    FIELD(3, WIRE_UINT64, container_usage, cpu_nanos),
    FIELD(4, WIRE_UINT64, container_usage, memory_bytes),
    FIELD(5, WIRE_UINT64, container_usage, working_set_bytes),
    FIELD(6, WIRE_UINT64, container_usage, rss_bytes),
    FIELD(7, WIRE_UINT64, container_usage, page_faults),
    FIELD(8, WIRE_UINT64, container_usage, major_page_faults),
    FIELD(9, WIRE_UINT64, container_usage, memory_limit_bytes),
    FIELD(10, WIRE_UINT64, container_usage, processes),
};
static TYPE(container_usage);

static const struct wire_field usage_reply_fields[] = {
    NESTED_LIST(1, usage_reply, containers, container_usage)};
static TYPE(usage_reply);

static const struct wire_field container_process_fields[] = {
    FIELD(1, WIRE_STRING, container_process, container),
    FIELD(2, WIRE_UINT32, container_process, state),
    FIELD(3, WIRE_INT64, container_process, pid),
    FIELD(4, WIRE_INT64, container_process, started_at),
};
static TYPE(container_process);

static const struct wire_field exited_fields[] = {
    FIELD(1, WIRE_STRING, exited, container), FIELD(2, WIRE_STRING, exited, exec),
    FIELD(3, WIRE_INT32, exited, code),       FIELD(4, WIRE_BOOL, exited, oom_killed),
    FIELD(5, WIRE_BOOL, exited, timed_out),   FIELD(6, WIRE_INT64, exited, at),
};
static TYPE(exited);

static const struct wire_field process_list_fields[] = {
    FIELD(1, WIRE_STRING, process_list, sandbox),
    FIELD(2, WIRE_INT64, process_list, pause_pid),
    NESTED_LIST(3, process_list, containers, container_process),
    LIST(4, WIRE_STRING, process_list, folders),
    NESTED_LIST(5, process_list, exits, exited),
};
static TYPE(process_list);

static const struct wire_field reply_fields[] = {
    FIELD(1, WIRE_UINT64, reply, id),          NESTED(2, reply, error, error),
    NESTED(3, reply, started, started),        NESTED(4, reply, usage, usage_reply),
    NESTED(5, reply, processes, process_list), NESTED(6, reply, exited, exited),
};
CHOICE_TYPE(reply, offsetof(struct reply, result));
