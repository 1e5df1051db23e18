/*
 * Processes that join a running container.
 *
 * The runtime starts them detached and exits; they become our children then, because we are the subreaper. An
 * exec is over when its output is, as with containerd: what it left in the background and still holds its
 * output keeps it open. Only after its time ran out, or with its container, does it get two seconds and no
 * more.
 */
#include "exec.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "exits.h"

struct exec *exec_find(struct container *container, const char *id) {
  for (struct exec *exec = container->execs; exec != NULL; exec = exec->next)
    if (strcmp(exec->id, id) == 0)
      return exec;
  return NULL;
}

static void path_of(const struct exec *exec, const char *kind, char path[RUNTIME_PATH]) {
  /* An exec's id may be as long as a container's: the struct's address is short and just as unique. */
  snprintf(path, RUNTIME_PATH, "%s/%lx.%s", exec->container->bundle, (unsigned long)(uintptr_t)exec, kind);
}

static void exec_free(struct exec *exec) {
  struct container *container = exec->container;
  for (struct exec **link = &container->execs; *link != NULL; link = &(*link)->next) {
    if (*link == exec) {
      *link = exec->next;
      break;
    }
  }
  timer_stop(&exec->timeout);
  process_clear(&exec->process);
  free(exec);
  container_progress(container);
}

static void timed_out(struct timer *timer) {
  struct exec *exec = (struct exec *)((char *)timer - offsetof(struct exec, timeout));
  if (exec->process.complete)
    return;
  exec->timed_out = true;
  if (exec->process.child.pid > 0)
    cgroup_kill_descendants(exec->container->cgroup, exec->process.child.pid);
  if (exec->process.ended)
    process_drain(&exec->process);
}

static void exec_ended(struct process *process) {
  struct exec *exec = (struct exec *)process;
  if (exec->timed_out || exec->container->process.ended)
    process_drain(process);
}

static void exec_completed(struct process *process) {
  struct exec *exec = (struct exec *)process;
  exits_add(&(struct exited){
      .container = exec->container->id,
      .exec = exec->id,
      .code = process->code,
      .timed_out = exec->timed_out,
      .at = process->ended_at,
  });
  exec_free(exec);
}

static void exec_done(struct runtime_call *call, int result, const struct failure *failure) {
  struct exec *exec = call->owner;
  struct process *process = &exec->process;
  struct failure own = {0};
  char path[RUNTIME_PATH];
  path_of(exec, "json", path);
  unlink(path);
  path_of(exec, "pid", path);
  pid_t pid = runtime_read_pid(path);
  if (result != 0)
    own = *failure;
  else if (pid < 0)
    result = fail_errno(&own, pid, "exec %s: reading its pid", exec->id);
  else if ((result = process_started(process, pid)) != 0)
    fail_errno(&own, result, "exec %s: taking its terminal", exec->id);
  if (result != 0) {
    if (process->child.pid > 0)
      kill(process->child.pid, SIGKILL);
    channel_fail(process->caller, &own);
    exec_free(exec);
    return;
  }
  struct started started = {pid, wall_now()};
  channel_reply(process->caller, &(struct reply){.started = &started});
  /* It joined a container that was killed meanwhile. */
  if (exec->container->deleting || exec->container->process.ended)
    cgroup_signal(exec->container->cgroup, SIGKILL);
  /* Its time ran out while the runtime was still at it. */
  if (exec->timed_out && process->child.pid > 0)
    cgroup_kill_descendants(exec->container->cgroup, process->child.pid);
  process->pending = false;
  if (exec->timed_out && process->ended)
    process_drain(process);
  process_check(process);
}

static int announce(struct exec *exec, const struct exec_request *request) {
  struct process *process = &exec->process;
  int result = 0;
  if (process->input != NULL)
    result = input_announce(process->input, &request->stdin_token);
  if (result == 0 && process->outputs[0] != NULL)
    result = output_announce(process->outputs[0], &request->stdout_token);
  if (result == 0 && process->outputs[1] != NULL)
    result = output_announce(process->outputs[1], &request->stderr_token);
  return result;
}

static int call_runtime(struct exec *exec, const struct exec_request *request, const int stdio[3],
                        struct failure *failure) {
  char process_path[RUNTIME_PATH];
  char pid_path[RUNTIME_PATH];
  char log_path[RUNTIME_PATH];
  path_of(exec, "json", process_path);
  path_of(exec, "pid", pid_path);
  path_of(exec, "log", log_path);
  int result = file_write(process_path, request->process.data, request->process.length, 0600);
  if (result != 0)
    return fail_errno(failure, result, "exec %s: writing its process", exec->id);
  const char *arguments[RUNTIME_ARGUMENTS] = {"--detach", "--process", process_path, "--pid-file", pid_path};
  size_t count = 5;
  if (request->tty) {
    arguments[count++] = "--console-socket";
    arguments[count++] = exec->process.console;
  }
  arguments[count] = exec->container->id;
  exec->process.call.done = exec_done;
  exec->process.call.owner = exec;
  result = runtime_start(&exec->process.call, "exec", arguments, log_path, stdio, failure);
  if (result != 0)
    unlink(process_path);
  return result;
}

static int start(struct exec *exec, const struct exec_request *request, struct failure *failure) {
  char console[RUNTIME_PATH];
  int stdio[3];
  /* Not in the bundle: a socket's path has 108 bytes, and a container's id alone may have 128. */
  snprintf(console, sizeof(console), "/run/tty-%lx", (unsigned long)(uintptr_t)exec);
  struct process_stdio wanted = {
      .input = request->stdin_token.length > 0,
      .input_closes = true,
      .input_closes_unused = true,
      /* A terminal is read even when nobody wants it, or its process would stop when it is full. */
      .outputs = {request->stdout_token.length > 0 || request->tty, request->stderr_token.length > 0},
      .tty = request->tty,
      .console = console,
  };
  int result = process_prepare(&exec->process, &wanted, stdio);
  if (result != 0)
    return fail_errno(failure, result, "exec %s: making its stdio", exec->id);
  result = announce(exec, request);
  if (result != 0)
    fail_errno(failure, result, "exec %s: announcing its streams", exec->id);
  else
    result = call_runtime(exec, request, stdio, failure);
  process_close_stdio(stdio);
  return result;
}

int exec_start(struct caller caller, const struct exec_request *request, struct failure *failure) {
  struct container *container = container_find(request->container);
  if (container == NULL)
    return fail(failure, ENOENT, "NOT_FOUND", "container %.64s does not exist", request->container);
  if (container->state != STATE_RUNNING || container->process.ended || container->deleting)
    return fail(failure, EINVAL, "WRONG_STATE", "container %s is not running", container->id);
  if (!name_valid(request->exec))
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "exec id '%.64s' is not allowed", request->exec);
  if (exec_find(container, request->exec) != NULL || exits_known(container->id, request->exec))
    return fail(failure, EEXIST, "ALREADY_EXISTS", "exec %s exists in container %s", request->exec,
                container->id);
  struct exec *exec = calloc(1, sizeof(*exec));
  if (exec == NULL)
    return fail_errno(failure, ENOMEM, "exec %s", request->exec);
  snprintf(exec->id, sizeof(exec->id), "%s", request->exec);
  exec->container = container;
  exec->process.caller = caller;
  exec->process.pending = true;
  exec->process.on_end = exec_ended;
  exec->process.completed = exec_completed;
  exec->timeout.fire = timed_out;
  int result = start(exec, request, failure);
  if (result != 0) {
    exec_free(exec);
    return result;
  }
  exec->next = container->execs;
  container->execs = exec;
  if (request->timeout_millis > 0 && request->timeout_millis < (uint64_t)INT64_MAX / 1000000)
    timer_start(&exec->timeout, (int64_t)request->timeout_millis * 1000000);
  return 0;
}
