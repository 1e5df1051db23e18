/*
 * Containers: from a bundle to an exit code.
 *
 *   create -> CREATED -> start -> RUNNING -> (its process ends, its output is read) -> EXITED -> delete
 *
 * At most one call of the runtime is under way for a container (`busy`), besides any number of execs. When
 * the process of a container ends, the rest of its cgroup is killed: in a PID namespace of its own the kernel
 * has done so already, in a shared one nobody else would. Deleting kills what runs, waits until the process
 * and all execs are complete, has the runtime forget the container, and only then unmounts its root; each end
 * calls container_progress, which does the next step. A create that failed goes the same way, so that a
 * runtime that was killed half-way leaves nothing.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "exec.h"
#include "exits.h"
#include "handover.h"
#include "sandbox.h"

static struct container *containers;
static void (*when_empty)(void);

struct container *container_first(void) {
  return containers;
}

struct container *container_find(const char *id) {
  for (struct container *container = containers; container != NULL; container = container->next)
    if (strcmp(container->id, id) == 0)
      return container;
  return NULL;
}

static struct container *wanted(const char *id, struct failure *failure) {
  struct container *container = container_find(id);
  if (container == NULL)
    fail(failure, ENOENT, "NOT_FOUND", "container %.64s does not exist", id);
  return container;
}

static int refuse_busy(const struct container *container, struct failure *failure) {
  if (container->deleting)
    return fail(failure, EBUSY, "WRONG_STATE", "container %s is being deleted", container->id);
  if (container->busy != NULL)
    return fail(failure, EBUSY, "WRONG_STATE", "container %s: a %s is under way", container->id,
                container->busy);
  return 0;
}

/* Unlinks and frees what never started or is deleted. */
static void forget(struct container *container) {
  struct container **link = &containers;
  while (*link != NULL && *link != container)
    link = &(*link)->next;
  if (*link == container)
    *link = container->next;
  process_clear(&container->process);
  log_close(container->log);
  free(container->cgroup);
  free(container);
}

static int call_runtime(struct container *container, const char *verb, const char *const *arguments,
                        const int stdio[3], void (*done)(struct runtime_call *, int, const struct failure *),
                        struct failure *failure) {
  char log[RUNTIME_PATH];
  int nothing[3] = {-1, -1, -1};
  snprintf(log, sizeof(log), "%s/%s.log", container->bundle, verb);
  if (stdio == NULL) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
      return fail_errno(failure, errno, "opening /dev/null");
    nothing[0] = nothing[1] = nothing[2] = null;
  }
  container->call.done = done;
  container->call.owner = container;
  int result =
      runtime_start(&container->call, verb, arguments, log, stdio != NULL ? stdio : nothing, failure);
  if (stdio == NULL)
    close(nothing[0]);
  if (result == 0)
    container->busy = verb;
  return result;
}

static void deleted(struct runtime_call *call, int result, const struct failure *failure) {
  struct container *container = call->owner;
  if (result != 0 && container->failure.kind == NULL)
    note("container %s: %s", container->id, failure->message);
  cgroup_remove(container->cgroup);
  container_root_remove(container->bundle);
  exits_forget_container(container->id);
  if (container->failure.kind != NULL)
    channel_fail(container->process.caller, &container->failure);
  else
    channel_ok(container->caller);
  forget(container);
  if (containers == NULL && when_empty != NULL)
    when_empty();
}

void container_progress(struct container *container) {
  struct failure failure;
  if (!container->deleting || container->busy != NULL || container->execs != NULL ||
      !container->process.complete)
    return;
  const char *arguments[] = {"--force", container->id, NULL};
  if (call_runtime(container, "delete", arguments, NULL, deleted, &failure) != 0)
    deleted(&container->call, -EIO, &failure);
}

static void kill_all(struct container *container) {
  if (container->process.child.pid > 0)
    kill(container->process.child.pid, SIGKILL);
  cgroup_signal(container->cgroup, SIGKILL);
}

static void main_ended(struct process *process) {
  struct container *container = (struct container *)process;
  container->oom_killed = process->code != 0 && cgroup_oom_kills(container->cgroup) > 0;
  cgroup_signal(container->cgroup, SIGKILL);
  process_drain(process);
  for (struct exec *exec = container->execs; exec != NULL; exec = exec->next)
    if (exec->process.ended)
      process_drain(&exec->process);
}

static void main_completed(struct process *process) {
  struct container *container = (struct container *)process;
  container->state = STATE_EXITED;
  exits_add(&(struct exited){
      .container = container->id,
      .exec = "",
      .code = process->code,
      .oom_killed = container->oom_killed,
      .at = process->ended_at,
  });
  container_progress(container);
}

/* Create failed after the runtime was called: kill, let it forget the container, then answer. */
static void undo_create(struct container *container, const struct failure *failure) {
  container->failure = *failure;
  container->deleting = true;
  kill_all(container);
  if (container->process.child.pid <= 0)
    container->process.ended = container->process.complete = true;
  container_progress(container);
}

static void undone_completed(struct process *process) {
  container_progress((struct container *)process);
}

static void create_done(struct runtime_call *call, int result, const struct failure *failure) {
  struct container *container = call->owner;
  struct process *process = &container->process;
  struct failure own = {0};
  char path[RUNTIME_PATH];
  snprintf(path, sizeof(path), "%s/pid", container->bundle);
  pid_t pid = runtime_read_pid(path);
  container->busy = NULL;
  if (result != 0)
    own = *failure;
  else if (pid < 0)
    result = fail_errno(&own, pid, "container %s: reading its pid", container->id);
  else if ((result = process_started(process, pid)) != 0)
    fail_errno(&own, result, "container %s: taking its terminal", container->id);
  if (result != 0) {
    process->completed = undone_completed;
    process->pending = false;
    undo_create(container, &own);
    return;
  }
  container->state = STATE_CREATED;
  struct started started = {pid, wall_now()};
  channel_reply(process->caller, &(struct reply){.started = &started});
  process->pending = false;
  if (container->deleting)
    kill_all(container);
  process_check(process);
}

static int call_create(struct container *container, const struct create_container *request,
                       const int stdio[3], struct failure *failure) {
  char config[RUNTIME_PATH];
  char pid[RUNTIME_PATH];
  snprintf(config, sizeof(config), "%s/config.json", container->bundle);
  snprintf(pid, sizeof(pid), "%s/pid", container->bundle);
  int result = file_write(config, request->config.data, request->config.length, 0600);
  if (result != 0)
    return fail_errno(failure, result, "container %s: writing config.json", container->id);
  const char *arguments[RUNTIME_ARGUMENTS] = {"--bundle", container->bundle, "--pid-file", pid};
  size_t count = 4;
  if (request->tty) {
    arguments[count++] = "--console-socket";
    arguments[count++] = container->process.console;
  }
  arguments[count] = container->id;
  return call_runtime(container, "create", arguments, stdio, create_done, failure);
}

static int prepare(struct container *container, const struct create_container *request,
                   struct failure *failure) {
  char console[RUNTIME_PATH];
  int stdio[3];
  int log = *request->log == '\0' ? -1 : handover_take(request->log);
  if (log < 0 && *request->log != '\0')
    return fail(failure, ENOENT, "NOT_FOUND", "container %s: no log was handed over as '%.64s'",
                container->id, request->log);
  container->log = log_open(log);
  if (container->log == NULL)
    return fail_errno(failure, ENOMEM, "container %s", container->id);
  int result = container_root_mount(container->bundle, request, failure);
  if (result != 0)
    return result;
  /* Not in the bundle: a socket's path has 108 bytes, and the id alone may have 128. */
  snprintf(console, sizeof(console), "/run/tty-%lx", (unsigned long)(uintptr_t)container);
  struct process_stdio stdio_wanted = {
      .input = request->has_stdin,
      .input_closes = request->stdin_once && !request->tty, /* a terminal has no end of input */
      .outputs = {true, true},
      .tty = request->tty,
      .console = console,
      .log = container->log,
  };
  result = process_prepare(&container->process, &stdio_wanted, stdio);
  if (result != 0)
    return fail_errno(failure, result, "container %s: making its stdio", container->id);
  result = call_create(container, request, stdio, failure);
  process_close_stdio(stdio);
  return result;
}

int container_create(struct caller caller, const struct create_container *request, struct failure *failure) {
  if (!name_valid(request->container))
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "container id '%.64s' is not allowed",
                request->container);
  if (container_find(request->container) != NULL)
    return fail(failure, EEXIST, "ALREADY_EXISTS", "container %s exists", request->container);
  if (!cgroup_path_valid(request->cgroup))
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "container %s: cgroup '%.128s' is not allowed",
                request->container, request->cgroup);
  int result = sandbox_renew_pid(failure);
  if (result != 0)
    return result;
  struct container *container = calloc(1, sizeof(*container));
  char *cgroup = strdup(request->cgroup);
  if (container == NULL || cgroup == NULL) {
    free(container);
    free(cgroup);
    return fail_errno(failure, ENOMEM, "container %s", request->container);
  }
  container->cgroup = cgroup;
  snprintf(container->id, sizeof(container->id), "%s", request->container);
  snprintf(container->bundle, sizeof(container->bundle), "/containers/%s", request->container);
  container->stdin_once = request->stdin_once;
  container->process.terminal = container->process.listener = -1;
  container->process.caller = caller;
  container->process.pending = true;
  container->process.on_end = main_ended;
  container->process.completed = main_completed;
  result = prepare(container, request, failure);
  if (result != 0) {
    container_root_remove(container->bundle);
    forget(container);
    return result;
  }
  container->next = containers;
  containers = container;
  return 0;
}

static void start_done(struct runtime_call *call, int result, const struct failure *failure) {
  struct container *container = call->owner;
  container->busy = NULL;
  if (result != 0) {
    channel_fail(container->caller, failure);
  } else {
    container->state = STATE_RUNNING;
    /* No process ends before it began, not even one whose end was seen before the runtime's. */
    container->started_at = container->process.ended ? container->process.ended_at : wall_now();
    struct started started = {container->started_pid, container->started_at};
    channel_reply(container->caller, &(struct reply){.started = &started});
  }
  container->process.pending = false;
  /* A runtime that was killed after it had released the process leaves it running, which was not started for
   * anybody. */
  if (container->deleting || result != 0)
    kill_all(container);
  /* Completing may go on to delete and free it; otherwise the delete may wait for no more than this call. */
  if (container->process.complete)
    container_progress(container);
  else
    process_check(&container->process);
}

int container_start(struct caller caller, const struct container_name *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  int result = refuse_busy(container, failure);
  if (result != 0)
    return result;
  if (container->state != STATE_CREATED || container->process.ended)
    return fail(failure, EINVAL, "WRONG_STATE", "container %s was started already", container->id);
  const char *arguments[] = {container->id, NULL};
  result = call_runtime(container, "start", arguments, NULL, start_done, failure);
  if (result != 0)
    return result;
  container->caller = caller;
  container->started_pid = container->process.child.pid;
  /* Its end, however early, is told after its start. */
  container->process.pending = true;
  return 0;
}

int container_signal(struct caller caller, const struct signal_request *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  if (request->signal < 1 || request->signal > 64)
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "signal %d does not exist", request->signal);
  struct process *process = &container->process;
  if (*request->exec != '\0') {
    struct exec *exec = exec_find(container, request->exec);
    if (exec == NULL)
      return fail(failure, ENOENT, "NOT_FOUND", "exec %.64s does not run in container %s", request->exec,
                  container->id);
    process = &exec->process;
  }
  if (process->child.pid <= 0 && !request->all)
    return fail(failure, ESRCH, "WRONG_STATE", "container %s: the process does not run", container->id);
  /* Never a stranger: the pid is ours until we reap it. */
  if (!request->all && kill(process->child.pid, request->signal) != 0)
    return fail_errno(failure, errno, "container %s: signal %d", container->id, request->signal);
  if (request->all)
    cgroup_signal(container->cgroup, request->signal);
  channel_ok(caller);
  return 0;
}

int container_delete(struct caller caller, const struct container_name *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  int result = refuse_busy(container, failure);
  if (result != 0)
    return result;
  container->caller = caller;
  container->deleting = true;
  kill_all(container);
  container_progress(container);
  return 0;
}

void container_delete_all(void (*emptied)(void)) {
  when_empty = emptied;
  if (containers == NULL)
    emptied();
  for (struct container *container = containers, *next; container != NULL; container = next) {
    next = container->next;
    container->caller = (struct caller){0}; /* nobody waits for this one */
    container->deleting = true;
    kill_all(container);
    container_progress(container);
  }
}
