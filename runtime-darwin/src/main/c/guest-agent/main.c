/*
 * beagle-agent: runs the containers of one sandbox and talks with the daemon (PROTOCOL.md).
 *
 * One process. Everything but the pump of network frames runs on one thread, in the epoll loop of loop.c;
 * calls of the OCI runtime are processes of their own and never waited for. Layers, from below:
 *
 *   arena, wire, messages    bytes to structs and back (pure)
 *   loop, spawn              readiness, timers, children
 *   channel, handover        connections, frames, descriptors
 *   ticket                   tokens of streams
 *   output, input, log       bytes of processes
 *   mount, cgroup, network   the kernel
 *   runtime, process         the OCI runtime and what it starts
 *   container, exec, exits   containers
 *   sandbox, root, pause     the sandbox around them
 *   dial, relay              forwarded ports
 *
 *   machine                  what differs in a virtual machine, where the agent is init
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cgroup.h"
#include "dial.h"
#include "exec.h"
#include "exits.h"
#include "machine.h"
#include "pause.h"
#include "root.h"
#include "sandbox.h"
#include "spawn.h"

struct options {
  const char *socket;
  const char *port;
  const char *toolbox;
  const char *const *cgroups;
  size_t cgroup_count;
};

static int dispatch(struct caller caller, const struct request *request, struct failure *failure) {
  struct failure folder;
  int result;
  switch (request->call) {
  case CALL_OPEN_SANDBOX:
    return sandbox_open(caller, request->open_sandbox, failure);
  case CALL_ADD_FOLDER:
  case CALL_REMOVE_FOLDER:
    result = request->call == CALL_ADD_FOLDER ? folder_add(request->add_folder, &folder)
                                              : folder_remove(request->remove_folder->name, &folder);
    if (result != 0)
      *failure = folder;
    else
      channel_ok(caller);
    return result;
  case CALL_CREATE_CONTAINER:
    return container_create(caller, request->create_container, failure);
  case CALL_START_CONTAINER:
    return container_start(caller, request->start_container, failure);
  case CALL_SIGNAL:
    return container_signal(caller, request->signal, failure);
  case CALL_DELETE_CONTAINER:
    return container_delete(caller, request->delete_container, failure);
  case CALL_EXEC:
    return exec_start(caller, request->exec, failure);
  case CALL_ATTACH:
    return container_attach(caller, request->attach, failure);
  case CALL_RESIZE:
    return container_resize(caller, request->resize, failure);
  case CALL_CONNECT:
    return dial_port(caller, request->connect, failure);
  case CALL_REOPEN_LOG:
    return container_reopen_log(caller, request->reopen_log, failure);
  case CALL_USAGE:
    return container_usage_all(caller, request->usage, failure);
  case CALL_LIST_PROCESSES:
    return sandbox_list(caller, failure);
  case CALL_ACKNOWLEDGE_EXIT:
    exits_acknowledge(request->acknowledge_exit->container, request->acknowledge_exit->exec);
    channel_ok(caller);
    return 0;
  case CALL_CLOSE_SANDBOX:
    return sandbox_close(caller);
  default:
    return fail(failure, EINVAL, "UNSUPPORTED", "this agent does not know the request");
  }
}

static void serve(struct caller caller, const struct request *request) {
  struct failure failure;
  if (dispatch(caller, request, &failure) != 0)
    channel_fail(caller, &failure);
}

static void terminate(void) {
  sandbox_close((struct caller){0});
}

static int usage(void) {
  fputs("usage: beagle-agent sandbox --socket PATH --port PATH --toolbox DIR [--cgroup DIR]...\n"
        "       beagle-agent pause\n",
        stderr);
  return 2;
}

static int parse(int count, char **arguments, struct options *options) {
  const char **cgroups = calloc((size_t)count + 1, sizeof(*cgroups));
  if (cgroups == NULL)
    return -ENOMEM;
  options->cgroups = cgroups;
  for (int i = 0; i + 1 < count; i += 2) {
    const char *value = arguments[i + 1];
    if (strcmp(arguments[i], "--socket") == 0)
      options->socket = value;
    else if (strcmp(arguments[i], "--port") == 0)
      options->port = value;
    else if (strcmp(arguments[i], "--toolbox") == 0)
      options->toolbox = value;
    else if (strcmp(arguments[i], "--cgroup") == 0)
      cgroups[options->cgroup_count++] = value;
    else
      return -EINVAL;
  }
  return count % 2 != 0 || options->socket == NULL || options->port == NULL || options->toolbox == NULL
             ? -EINVAL
             : 0;
}

/*
 * With v1 by `tasks`, where it is there: a thread that moves itself and nobody else takes no lock, while
 * whoever writes to cgroup.procs waits for a grace period of RCU, some 10 ms. There is no other thread yet.
 */
static int open_members(const char *cgroup) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/tasks", cgroup);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0 || errno != ENOENT)
    return fd;
  snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
  return open(path, O_WRONLY | O_CLOEXEC);
}

static int join_cgroups(const struct options *options, struct failure *failure) {
  for (size_t i = 0; i < options->cgroup_count; i++) {
    int fd = open_members(options->cgroups[i]);
    if (fd < 0 || write(fd, "0", 1) != 1)
      return fail_errno(failure, errno, "joining cgroup %s", options->cgroups[i]);
    close(fd);
  }
  return 0;
}

/* Listens at a path of any length: it is named through its folder's descriptor. */
static int listen_at(const char *path, struct failure *failure) {
  char folder[4096];
  char base[4096];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(folder, sizeof(folder), "%s", path);
  snprintf(base, sizeof(base), "%s", path);
  int directory = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0)
    return fail_errno(failure, errno, "opening the folder of %s", path);
  int length =
      snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory, basename(base));
  if (length >= (int)sizeof(address.sun_path))
    return fail(failure, ENAMETOOLONG, "INVALID_ARGUMENT", "the name of %s is too long", path);
  unlink(address.sun_path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  mode_t mask = umask(0177);
  int result = listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
                       listen(listener, 128) != 0
                   ? fail_errno(failure, errno, "listening on %s", path)
                   : 0;
  umask(mask);
  close(directory);
  return result == 0 ? listener : result;
}

/* "ready" ends standard output, which becomes /dev/null: descriptors 0 to 2 stay taken for good. */
static int say_ready(struct failure *failure) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || write(STDOUT_FILENO, "ready\n", 6) != 6 || dup2(null, STDOUT_FILENO) < 0 ||
      dup2(null, STDIN_FILENO) < 0)
    return fail_errno(failure, errno, "saying ready");
  close(null);
  return 0;
}

static void reset_signals(void) {
  for (int number = 1; number < 32; number++)
    signal(number, SIG_DFL);
}

/* On a host: the socket is there before the host's paths are not any more. */
static int enter(const struct options *options, struct failure *failure) {
  int listener = listen_at(options->socket, failure);
  if (listener < 0)
    return listener;
  int result = root_enter(options->toolbox, options->port, failure);
  return result == 0 ? listener : result;
}

static int serve_at(int listener, struct failure *failure) {
  spawn_raise_limits();
  cgroup_open();
  int result = loop_open(terminate);
  if (result == 0)
    result = sandbox_init();
  if (result == 0)
    result = channel_open(listener,
                          (struct channel_handler){serve, exits_send, machine_is() ? machine_is_host : NULL});
  return result == 0 ? 0 : fail_errno(failure, result, "starting the loop");
}

static int start(const struct options *options, struct failure *failure) {
  int result = join_cgroups(options, failure);
  if (result != 0)
    return result;
  setsid(); /* fails only for a leader, which is what is wanted */
  umask(022);
  reset_signals();
  /* Containers must not look into the agent: its memory, descriptors and root are the host's. */
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return fail_errno(failure, errno, "prctl");
  int listener = enter(options, failure);
  if (listener < 0)
    return listener;
  result = serve_at(listener, failure);
  return result == 0 ? say_ready(failure) : result;
}

static int run_to_end(void) {
  int result = loop_run();
  channel_close();
  if (result != 0)
    note("beagle-agent: %s", strerror(-result));
  return result == 0 ? 0 : 1;
}

static int sandbox_main(int count, char **arguments) {
  struct options options = {0};
  struct failure failure;
  if (parse(count, arguments, &options) != 0)
    return usage();
  if (start(&options, &failure) != 0) {
    note("beagle-agent: %s", failure.message);
    return 1;
  }
  return run_to_end();
}

/* Init has nobody to return to: whatever happens, the machine is off afterwards, and its console says why. */
static _Noreturn void machine_main(void) {
  struct failure failure;
  int listener = -1;
  int result = machine_enter(&failure);
  reset_signals();
  if (result == 0)
    result = listener = machine_listen(&failure);
  if (result >= 0)
    result = serve_at(listener, &failure);
  if (result == 0) {
    note("machine: the agent listens");
    run_to_end();
  } else {
    note("machine: the agent cannot start: %s", failure.message);
  }
  machine_off();
}

int main(int count, char **arguments) {
  if (getpid() == 1 && count > 0 && strcmp(arguments[0], "/init") == 0)
    machine_main();
  /* Descriptors 0 to 2 are open, whatever the caller did: no file of ours may ever become a container's
   * stdio. */
  int fd;
  do
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close(fd);
  if (count >= 2 && strcmp(arguments[1], "pause") == 0)
    return pause_main();
  if (count >= 2 && strcmp(arguments[1], "sandbox") == 0)
    return sandbox_main(count - 2, arguments + 2);
  return usage();
}
