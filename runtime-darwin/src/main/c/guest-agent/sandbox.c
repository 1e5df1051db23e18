/*
 * The sandbox: its namespaces, network, files and shared memory; made once, ended once.
 *
 * Namespaces are made by the agent's own thread: it enters new ones (unshare), configures them from inside,
 * pins them by bind mounts at /sandbox/ns, and goes back (setns). That takes a millisecond in which nothing
 * else is served, and needs no helper. An agent that cannot go back ends, because it would mix its world with
 * the sandbox's.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "exits.h"
#include "mount.h"
#include "netlink.h"
#include "network.h"
#include "pause.h"

enum { NAMESPACE_COUNT = 3 };

#define CLOSE_TIME ((int64_t)10 * 1000000000)

static const struct {
  const char *name;
  int flag;
} kinds[NAMESPACE_COUNT] = {{"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}};

static struct {
  char *name;
  int world[NAMESPACE_COUNT]; /* the namespaces that the agent lives in */
  bool own_network;
  bool shared_pid;
  struct child pause;
  struct caller closing;
  struct timer close_deadline;
} sandbox;

int sandbox_init(void) {
  char path[64];
  for (int i = 0; i < NAMESPACE_COUNT; i++) {
    snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i].name);
    sandbox.world[i] = open(path, O_RDONLY | O_CLOEXEC);
    if (sandbox.world[i] < 0)
      return -errno;
  }
  return 0;
}

static void go_back(int flags) {
  for (int i = 0; i < NAMESPACE_COUNT; i++) {
    if ((flags & kinds[i].flag) != 0 && setns(sandbox.world[i], kinds[i].flag) != 0) {
      note("cannot return to the world's %s namespace: %s", kinds[i].name, strerror(errno));
      _exit(1);
    }
  }
}

static int pin(const char *source, const char *name, struct failure *failure) {
  char target[64];
  snprintf(target, sizeof(target), "/sandbox/ns/%s", name);
  if (mknod(target, S_IFREG | 0600, 0) != 0 || mount(source, target, NULL, MS_BIND, NULL) != 0)
    return fail_errno(failure, errno, "keeping the %s namespace", name);
  return 0;
}

static int pin_all(int flags, struct failure *failure) {
  char source[64];
  int result = 0;
  for (int i = 0; i < NAMESPACE_COUNT && result == 0; i++) {
    snprintf(source, sizeof(source), "/proc/self/ns/%s", kinds[i].name);
    if ((flags & kinds[i].flag) != 0)
      result = pin(source, kinds[i].name, failure);
  }
  return result;
}

/* "net.ipv4.ip_forward" or "net/ipv4/ip_forward"; dots within names are written as slashes in the second
 * form. */
static int sysctl_write(const char *name, const char *value, struct failure *failure) {
  char path[256] = "/proc/sys/";
  size_t at = strlen(path);
  bool slashes = strchr(name, '/') != NULL;
  if (strlen(name) + at >= sizeof(path) || *name == '\0' || *name == '/' || strstr(name, "..") != NULL)
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "sysctl '%.64s' is not a name", name);
  for (const char *from = name; *from != '\0'; from++)
    path[at++] = *from == '.' && !slashes ? '/' : *from;
  path[at] = '\0';
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return errno == ENOENT ? fail(failure, ENOENT, "INVALID_ARGUMENT", "sysctl %s does not exist here", name)
                           : fail_errno(failure, errno, "sysctl %s", name);
  ssize_t written = write(fd, value, strlen(value));
  int error = errno;
  close(fd);
  return written >= 0 ? 0
                      : fail(failure, error, "INVALID_ARGUMENT", "sysctl %s = '%.64s': %s", name, value,
                             strerror(error));
}

/* Only what belongs to a namespace of the sandbox may be set, or a pod would set it for the whole world. */
static bool sysctl_allowed(const char *name, int flags) {
  static const char *const of_ipc[] = {"kernel.shm", "kernel/shm", "kernel.msg", "kernel/msg",
                                       "kernel.sem", "kernel/sem", "fs.mqueue.", "fs/mqueue/"};
  if (strncmp(name, "net.", 4) == 0 || strncmp(name, "net/", 4) == 0)
    return (flags & CLONE_NEWNET) != 0;
  if (strcmp(name, "kernel.domainname") == 0 || strcmp(name, "kernel.hostname") == 0)
    return (flags & CLONE_NEWUTS) != 0;
  for (size_t i = 0; i < sizeof(of_ipc) / sizeof(of_ipc[0]); i++)
    if (strncmp(name, of_ipc[i], strlen(of_ipc[i])) == 0)
      return (flags & CLONE_NEWIPC) != 0;
  return false;
}

static int set_sysctls(const struct repeated *list, int flags, struct failure *failure) {
  const struct text_entry *entries = list->items;
  int result = 0;
  if ((flags & CLONE_NEWNET) != 0)
    result = sysctl_write("net/ipv4/ip_unprivileged_port_start", "0", failure);
  if (result == 0 && (flags & CLONE_NEWNET) != 0)
    result = sysctl_write("net/ipv4/ping_group_range", "0 2147483647", failure);
  for (size_t i = 0; i < list->count && result == 0; i++) {
    if (!sysctl_allowed(entries[i].key, flags))
      return fail(failure, EINVAL, "INVALID_ARGUMENT",
                  "sysctl %.64s does not belong to a namespace of the sandbox", entries[i].key);
    result = sysctl_write(entries[i].key, entries[i].value, failure);
  }
  return result;
}

/* The last step of closing: nothing runs any more. */
static void finish_close(void) {
  folder_remove_all();
  channel_ok(sandbox.closing);
  loop_stop();
}

static void pause_ended(struct child *child, int status) {
  child->pid = 0;
  if (sandbox.close_deadline.running)
    finish_close();
  else
    note("pause ended with status %#x", status);
}

static int start_pause(struct failure *failure) {
  int result = pause_start(&sandbox.pause.pid, failure);
  if (result != 0)
    return result;
  sandbox.pause.ended = pause_ended;
  child_add(&sandbox.pause);
  return 0;
}

/* Inside the new namespaces. */
static int configure(const struct open_sandbox *request, int flags, int world, struct failure *failure) {
  int result = 0;
  if ((flags & CLONE_NEWUTS) != 0 && sethostname(request->hostname, strlen(request->hostname)) != 0)
    result = fail_errno(failure, errno, "setting the hostname '%.64s'", request->hostname);
  if (result == 0 && (flags & CLONE_NEWNET) != 0)
    result = network_loopback_up(failure);
  if (result == 0)
    result = set_sysctls(&request->sysctls, flags, failure);
  if (result == 0 && request->network != NULL)
    result = network_open(request->network, (flags & CLONE_NEWNET) != 0, world, failure);
  if (result == 0 && request->shared_pid)
    result = start_pause(failure);
  return result == 0 ? pin_all(flags, failure) : result;
}

static int make_namespaces(const struct open_sandbox *request, struct failure *failure) {
  int flags = (request->own_network ? CLONE_NEWNET : 0) | (request->own_ipc ? CLONE_NEWIPC : 0) |
              (*request->hostname != '\0' ? CLONE_NEWUTS : 0);
  int world = netlink_open();
  if (world < 0)
    return fail_errno(failure, world, "making the sandbox's namespaces");
  if (flags != 0 && unshare(flags) != 0) {
    int result = fail_errno(failure, errno, "making the sandbox's namespaces");
    close(world);
    return result;
  }
  int result = configure(request, flags, world, failure);
  go_back(flags);
  close(world);
  return result;
}

static int pin_pause(struct failure *failure) {
  char source[64];
  if (sandbox.pause.pid == 0)
    return 0;
  snprintf(source, sizeof(source), "/proc/%d/ns/pid", (int)sandbox.pause.pid);
  return pin(source, "pid", failure);
}

static void unpin(const char *name) {
  char path[64];
  snprintf(path, sizeof(path), "/sandbox/ns/%s", name);
  umount2(path, MNT_DETACH);
  unlink(path);
}

static void end_pause(void) {
  if (sandbox.pause.pid > 0) {
    kill(sandbox.pause.pid, SIGKILL);
    child_remove(&sandbox.pause);
    sandbox.pause.pid = 0;
  }
}

/* Into the namespaces that are the sandbox's own; those entered are in flags also after a failure. */
static int go_inside(int *flags) {
  char path[64];
  for (int i = 0; i < NAMESPACE_COUNT; i++) {
    snprintf(path, sizeof(path), "/sandbox/ns/%s", kinds[i].name);
    int inside = open(path, O_RDONLY | O_CLOEXEC);
    if (inside < 0 && errno == ENOENT)
      continue;
    int error = inside < 0 || setns(inside, kinds[i].flag) != 0 ? errno : 0;
    if (inside >= 0)
      close(inside);
    if (error != 0)
      return -error;
    *flags |= kinds[i].flag;
  }
  return 0;
}

int sandbox_renew_pid(struct failure *failure) {
  int flags = 0;
  if (!sandbox.shared_pid || sandbox.pause.pid > 0 || sandbox.close_deadline.running)
    return 0;
  int result = go_inside(&flags);
  if (result != 0)
    fail_errno(failure, result, "entering the sandbox's namespaces");
  else
    result = start_pause(failure);
  go_back(flags);
  if (result != 0)
    return result;
  unpin("pid");
  result = pin_pause(failure);
  if (result != 0)
    end_pause();
  else
    note("the sandbox has a new PID namespace: its first one ended with pause");
  return result;
}

static int write_files(const struct repeated *list, struct failure *failure) {
  const struct bytes_entry *files = list->items;
  char path[256];
  for (size_t i = 0; i < list->count; i++) {
    if (!name_valid(files[i].key))
      return fail(failure, EINVAL, "INVALID_ARGUMENT", "file name '%.64s' is not allowed", files[i].key);
    snprintf(path, sizeof(path), "/sandbox/files/%s", files[i].key);
    int result = file_write(path, files[i].value.data, files[i].value.length, 0644);
    if (result != 0)
      return fail_errno(failure, result, "writing %s", path);
    chmod(path, 0644);
  }
  return 0;
}

static int mount_shm(uint64_t size, struct failure *failure) {
  char options[64];
  if (size == 0)
    return 0;
  snprintf(options, sizeof(options), "mode=1777,size=%llu", (unsigned long long)size);
  if (mount("shm", "/sandbox/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
    return fail_errno(failure, errno, "mounting the sandbox's shared memory");
  return 0;
}

/* Takes back what a failed open has made, so that it may be tried again. */
static void undo_open(void) {
  static const char *const pins[] = {"net", "ipc", "uts", "pid"};
  network_close();
  end_pause();
  umount2("/sandbox/shm", MNT_DETACH);
  for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++)
    unpin(pins[i]);
  free(sandbox.name);
  sandbox.name = NULL;
  sandbox.own_network = false;
}

int sandbox_open(struct caller caller, const struct open_sandbox *request, struct failure *failure) {
  if (sandbox.name != NULL)
    return fail(failure, EEXIST, "WRONG_STATE", "sandbox %s is open already", sandbox.name);
  if (!name_valid(request->sandbox) || strlen(request->hostname) > 64)
    return fail(failure, EINVAL, "INVALID_ARGUMENT", "sandbox id '%.64s' or its hostname is not allowed",
                request->sandbox);
  sandbox.name = strdup(request->sandbox);
  if (sandbox.name == NULL)
    return fail_errno(failure, ENOMEM, "sandbox %s", request->sandbox);
  int result = write_files(&request->files, failure);
  if (result == 0)
    result = mount_shm(request->shm_bytes, failure);
  if (result == 0)
    result = make_namespaces(request, failure);
  if (result == 0)
    result = pin_pause(failure);
  if (result != 0) {
    undo_open();
    return result;
  }
  sandbox.own_network = request->own_network;
  sandbox.shared_pid = request->shared_pid;
  channel_ok(caller);
  return 0;
}

int sandbox_socket(int family) {
  int inside = sandbox.own_network ? open("/sandbox/ns/net", O_RDONLY | O_CLOEXEC) : -1;
  if (sandbox.name == NULL || (sandbox.own_network && inside < 0))
    return -ENOTCONN;
  if (inside >= 0 && setns(inside, CLONE_NEWNET) != 0) {
    int error = errno;
    close(inside);
    return -error;
  }
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = errno;
  if (inside >= 0) {
    go_back(CLONE_NEWNET);
    close(inside);
  }
  return fd < 0 ? -error : fd;
}

static int list_containers(struct arena *arena, struct repeated *list) {
  for (struct container *container = container_first(); container != NULL; container = container->next)
    list->count++;
  struct container_process *items = arena_take(arena, list->count * sizeof(*items));
  if (items == NULL)
    return -ENOMEM;
  list->items = items;
  for (struct container *container = container_first(); container != NULL; container = container->next)
    *items++ = (struct container_process){container->id, container->state, container->process.child.pid,
                                          container->started_at};
  return 0;
}

int sandbox_list(struct caller caller, struct failure *failure) {
  struct arena arena;
  struct process_list list = {.sandbox = sandbox.name == NULL ? "" : sandbox.name,
                              .pause_pid = sandbox.pause.pid};
  arena_init(&arena, 4 << 20);
  list.folders.items = (void *)folder_names(&list.folders.count);
  int result = list_containers(&arena, &list.containers);
  if (result == 0)
    result = exits_list(&arena, &list.exits);
  if (result == 0)
    channel_reply(caller, &(struct reply){.processes = &list});
  else
    fail_errno(failure, result, "listing processes");
  arena_release(&arena);
  return result;
}

static void emptied(void) {
  network_close();
  if (sandbox.pause.pid > 0)
    kill(sandbox.pause.pid, SIGKILL);
  else
    finish_close();
}

static void close_overdue(struct timer *timer) {
  struct failure failure;
  (void)timer;
  fail(&failure, ETIMEDOUT, "TIMED_OUT", "containers did not end within 10 s; the agent ends without them");
  note("%s", failure.message);
  channel_fail(sandbox.closing, &failure);
  loop_stop();
}

int sandbox_close(struct caller caller) {
  sandbox.closing = caller;
  if (sandbox.close_deadline.running)
    return 0;
  sandbox.close_deadline.fire = close_overdue;
  timer_start(&sandbox.close_deadline, CLOSE_TIME);
  container_delete_all(emptied);
  return 0;
}
