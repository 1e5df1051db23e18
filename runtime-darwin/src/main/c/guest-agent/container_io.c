/* What can be asked of a container besides its life: streams, terminal size, log, usage. */
#include "container.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "exec.h"
#include "handover.h"

static struct container *wanted(const char *id, struct failure *failure) {
  struct container *container = container_find(id);
  if (container == NULL)
    fail(failure, ENOENT, "NOT_FOUND", "container %.64s does not exist", id);
  return container;
}

static int check_attach(const struct container *container, const struct attach_request *request,
                        struct failure *failure) {
  const struct process *process = &container->process;
  const struct bytes *tokens[] = {&request->stdin_token, &request->stdout_token, &request->stderr_token};
  const bool there[] = {process->input != NULL, process->outputs[0] != NULL, process->outputs[1] != NULL};
  static const char *const names[] = {"standard input", "standard output", "standard error"};
  if (container->state == STATE_UNSPECIFIED || process->ended || container->deleting)
    return fail(failure, EINVAL, "WRONG_STATE", "container %s is not running", container->id);
  for (int i = 0; i < 3; i++) {
    if (tokens[i]->length != 0 && tokens[i]->length != TOKEN_LENGTH)
      return fail(failure, EINVAL, "INVALID_ARGUMENT", "a token has %d bytes", TOKEN_LENGTH);
    if (tokens[i]->length != 0 && !there[i])
      return fail(failure, EINVAL, "INVALID_ARGUMENT", "container %s has no %s of its own", container->id,
                  names[i]);
  }
  return 0;
}

int container_attach(struct caller caller, const struct attach_request *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  int result = check_attach(container, request, failure);
  if (result != 0)
    return result;
  struct process *process = &container->process;
  if (process->input != NULL)
    result = input_announce(process->input, &request->stdin_token);
  if (result == 0 && process->outputs[0] != NULL)
    result = output_announce(process->outputs[0], &request->stdout_token);
  if (result == 0 && process->outputs[1] != NULL)
    result = output_announce(process->outputs[1], &request->stderr_token);
  if (result != 0)
    return fail_errno(failure, result, "container %s: announcing streams", container->id);
  channel_ok(caller);
  return 0;
}

int container_resize(struct caller caller, const struct resize_request *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  struct process *process = &container->process;
  if (*request->exec != '\0') {
    struct exec *exec = exec_find(container, request->exec);
    if (exec == NULL)
      return fail(failure, ENOENT, "NOT_FOUND", "exec %.64s does not run in container %s", request->exec,
                  container->id);
    process = &exec->process;
  }
  int result = process_resize(process, request->columns, request->rows);
  if (result == -ENOTTY)
    return fail(failure, ENOTTY, "WRONG_STATE", "container %s: the process has no terminal", container->id);
  if (result != 0)
    return fail_errno(failure, result, "container %s: terminal size", container->id);
  channel_ok(caller);
  return 0;
}

int container_reopen_log(struct caller caller, const struct reopen_log *request, struct failure *failure) {
  struct container *container = wanted(request->container, failure);
  if (container == NULL)
    return -ENOENT;
  int fd = handover_take(request->log);
  if (fd < 0)
    return fail(failure, ENOENT, "NOT_FOUND", "container %s: no log was handed over as '%.64s'",
                container->id, request->log);
  log_reopen(container->log, fd);
  channel_ok(caller);
  return 0;
}

static bool asked_for(const struct container *container, const struct repeated *names) {
  const char *const *items = names->items;
  for (size_t i = 0; i < names->count; i++)
    if (strcmp(items[i], container->id) == 0)
      return true;
  return names->count == 0;
}

int container_usage_all(struct caller caller, const struct usage_request *request, struct failure *failure) {
  struct arena arena;
  struct usage_reply reply = {0};
  arena_init(&arena, 4 << 20);
  for (struct container *container = container_first(); container != NULL; container = container->next)
    reply.containers.count++;
  struct container_usage *items = arena_take(&arena, reply.containers.count * sizeof(*items));
  if (items == NULL) {
    arena_release(&arena);
    return fail_errno(failure, ENOMEM, "usage of %zu containers", reply.containers.count);
  }
  reply.containers.items = items;
  reply.containers.count = 0;
  for (struct container *container = container_first(); container != NULL; container = container->next) {
    if (!asked_for(container, &request->containers) || container->state != STATE_RUNNING)
      continue;
    struct container_usage *usage = &items[reply.containers.count++];
    usage->container = container->id;
    usage->at = wall_now();
    cgroup_usage(container->cgroup, usage);
  }
  channel_reply(caller, &(struct reply){.usage = &reply});
  arena_release(&arena);
  return 0;
}
