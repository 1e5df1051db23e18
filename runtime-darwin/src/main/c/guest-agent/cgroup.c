/*
 * What the agent wants of cgroups itself, in both layouts: numbers, out-of-memory kills, and every process of
 * a container. Making cgroups and setting limits is the OCI runtime's work.
 *
 * With v1 each controller has a hierarchy of its own, in which a container has the same path; `pids` (else
 * `memory`, `freezer`, `systemd`) is the one whose process lists are believed. With v2 there is one.
 */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MOUNT "/sys/fs/cgroup"
/* v1 says so for "no limit". */
#define UNLIMITED ((uint64_t)1 << 62)

enum { DEPTH_LIMIT = 32, PID_LIMIT = 1 << 16 };

static struct {
  bool unified;
  const char *processes; /* the hierarchy for process lists: "pids", or "" with v2 */
} layout;

void cgroup_open(void) {
  static const char *const candidates[] = {"pids", "memory", "freezer", "systemd"};
  struct statfs status;
  char path[64];
  layout.unified = statfs(MOUNT, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
  layout.processes = "";
  for (size_t i = 0; !layout.unified && i < sizeof(candidates) / sizeof(candidates[0]); i++) {
    snprintf(path, sizeof(path), MOUNT "/%s/cgroup.procs", candidates[i]);
    if (access(path, F_OK) == 0) {
      layout.processes = candidates[i];
      return;
    }
  }
}

bool cgroup_path_valid(const char *path) {
  size_t length = strlen(path);
  if (length == 0 || length > 1024 || path[strspn(path, "/")] == '\0')
    return false;
  for (const char *at = path; at != NULL; at = strchr(at, '/')) {
    at += strspn(at, "/");
    if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
      return false;
  }
  return true;
}

/* The file of a cgroup in the hierarchy of a controller. */
static int file_path(char *target, const char *controller, const char *cgroup, const char *file) {
  int length = snprintf(target, PATH_MAX, MOUNT "/%s/%s%s%s", layout.unified ? "" : controller, cgroup,
                        *file == '\0' ? "" : "/", file);
  return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static ssize_t read_file(const char *controller, const char *cgroup, const char *file, char *text,
                         size_t room) {
  char path[PATH_MAX];
  if (file_path(path, controller, cgroup, file) != 0)
    return -ENAMETOOLONG;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  ssize_t length = read(fd, text, room - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
  return length < 0 ? -errno : length;
}

static uint64_t read_number(const char *controller, const char *cgroup, const char *file) {
  char text[64];
  if (read_file(controller, cgroup, file, text, sizeof(text)) <= 0)
    return 0;
  return strtoull(text, NULL, 10); /* "max" is 0 */
}

/* The value of a line "key value". */
static uint64_t line_value(const char *text, const char *key) {
  size_t length = strlen(key);
  for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, key, length) == 0 && line[length] == ' ')
      return strtoull(line + length, NULL, 10);
  }
  return 0;
}

static void memory_usage(const char *path, struct container_usage *usage) {
  char text[16384];
  bool v2 = layout.unified;
  usage->memory_bytes = read_number("memory", path, v2 ? "memory.current" : "memory.usage_in_bytes");
  usage->memory_limit_bytes = read_number("memory", path, v2 ? "memory.max" : "memory.limit_in_bytes");
  if (usage->memory_limit_bytes >= UNLIMITED)
    usage->memory_limit_bytes = 0;
  if (read_file("memory", path, "memory.stat", text, sizeof(text)) <= 0)
    return;
  uint64_t inactive = line_value(text, v2 ? "inactive_file" : "total_inactive_file");
  usage->working_set_bytes = usage->memory_bytes > inactive ? usage->memory_bytes - inactive : 0;
  usage->rss_bytes = line_value(text, v2 ? "anon" : "total_rss");
  usage->page_faults = line_value(text, v2 ? "pgfault" : "total_pgfault");
  usage->major_page_faults = line_value(text, v2 ? "pgmajfault" : "total_pgmajfault");
}

void cgroup_usage(const char *path, struct container_usage *usage) {
  char text[4096];
  memory_usage(path, usage);
  usage->processes = read_number("pids", path, "pids.current");
  if (!layout.unified)
    usage->cpu_nanos = read_number("cpuacct", path, "cpuacct.usage");
  else if (read_file("cpu", path, "cpu.stat", text, sizeof(text)) > 0)
    usage->cpu_nanos = line_value(text, "usage_usec") * 1000;
}

unsigned long cgroup_oom_kills(const char *path) {
  char text[1024];
  const char *file = layout.unified ? "memory.events" : "memory.oom_control";
  if (read_file("memory", path, file, text, sizeof(text)) <= 0)
    return 0;
  return (unsigned long)line_value(text, "oom_kill");
}

/* Calls `each` for every process in a folder of cgroups and below. */
static size_t walk(const char *folder, int depth, void (*each)(pid_t pid, void *context), void *context) {
  char path[PATH_MAX];
  size_t count = 0;
  int pid;
  if (snprintf(path, sizeof(path), "%s/cgroup.procs", folder) >= (int)sizeof(path))
    return 0;
  FILE *list = fopen(path, "re");
  if (list == NULL)
    return 0;
  while (fscanf(list, "%d", &pid) == 1 && count < PID_LIMIT) {
    if (pid > 0) {
      each(pid, context);
      count++;
    }
  }
  fclose(list);
  DIR *directory = depth < DEPTH_LIMIT ? opendir(folder) : NULL;
  if (directory == NULL)
    return count;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
      continue;
    if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
      count += walk(path, depth + 1, each, context);
  }
  closedir(directory);
  return count;
}

static void send_signal(pid_t pid, void *context) {
  kill(pid, *(const int *)context);
}

static void ignore(pid_t pid, void *context) {
  (void)pid;
  (void)context;
}

size_t cgroup_signal(const char *path, int signal_number) {
  char folder[PATH_MAX];
  if (file_path(folder, layout.processes, path, "") != 0)
    return 0;
  if (layout.unified && signal_number == SIGKILL) {
    char file[PATH_MAX];
    int fd = file_path(file, "", path, "cgroup.kill") == 0 ? open(file, O_WRONLY | O_CLOEXEC) : -1;
    bool written = fd >= 0 && write(fd, "1", 1) == 1;
    if (fd >= 0)
      close(fd);
    if (written)
      return walk(folder, 0, ignore, NULL);
  }
  return walk(folder, 0, send_signal, &signal_number);
}

bool cgroup_empty(const char *path) {
  char folder[PATH_MAX];
  return file_path(folder, layout.processes, path, "") != 0 || walk(folder, 0, ignore, NULL) == 0;
}

struct family {
  pid_t *members;
  size_t count;
  size_t room;
};

static void add_member(pid_t pid, void *context) {
  struct family *family = context;
  if (family->count == family->room) {
    size_t room = family->room == 0 ? 64 : family->room * 2;
    pid_t *grown = realloc(family->members, room * sizeof(*grown));
    if (grown == NULL)
      return;
    family->members = grown;
    family->room = room;
  }
  family->members[family->count++] = pid;
}

static pid_t parent_of(pid_t pid) {
  char path[64];
  char text[512];
  snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
  /* The name in parentheses may hold anything. */
  const char *after = strrchr(text, ')');
  int parent = 0;
  return after != NULL && sscanf(after + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

void cgroup_kill_descendants(const char *path, pid_t pid) {
  char folder[PATH_MAX];
  struct family all = {0};
  struct family doomed = {0};
  if (file_path(folder, layout.processes, path, "") == 0)
    walk(folder, 0, add_member, &all);
  add_member(pid, &doomed);
  /* Breadth first: the list grows while it is walked. */
  for (size_t i = 0; i < doomed.count; i++) {
    for (size_t k = 0; k < all.count; k++) {
      if (all.members[k] != 0 && parent_of(all.members[k]) == doomed.members[i]) {
        add_member(all.members[k], &doomed);
        all.members[k] = 0;
      }
    }
  }
  kill(-pid, SIGKILL); /* the runtime makes it the leader of a session */
  for (size_t i = 0; i < doomed.count; i++)
    kill(doomed.members[i], SIGKILL);
  free(all.members);
  free(doomed.members);
}

static void remove_tree(const char *folder, int depth) {
  char path[PATH_MAX];
  DIR *directory = depth < DEPTH_LIMIT ? opendir(folder) : NULL;
  if (directory == NULL)
    return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
      continue;
    if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
      remove_tree(path, depth + 1);
  }
  closedir(directory);
  rmdir(folder);
}

void cgroup_remove(const char *path) {
  char folder[PATH_MAX];
  if (layout.unified) {
    if (file_path(folder, "", path, "") == 0)
      remove_tree(folder, 0);
    return;
  }
  DIR *directory = opendir(MOUNT);
  if (directory == NULL)
    return;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    if (entry->d_name[0] != '.' && file_path(folder, entry->d_name, path, "") == 0)
      remove_tree(folder, 0);
  closedir(directory);
}
