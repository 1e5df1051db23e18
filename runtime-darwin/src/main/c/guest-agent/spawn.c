/*
 * vfork and exec: the parent is stopped until the child has called exec, so nothing is copied and an error of
 * exec can come back in a variable. Everything the agent has open is close-on-exec.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct rlimit original_files = {RLIM_INFINITY, RLIM_INFINITY};

void spawn_raise_limits(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  original_files = limit;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int use_as(int fd, int target) {
  if (fd != target)
    return dup2(fd, target);
  return fcntl(fd, F_SETFD, 0);
}

/* Runs in the child, in the parent's memory: system calls only. Returns the errno of what failed. */
static int child(const char *const *argv, const int stdio[3]) {
  static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
  sigset_t none;
  signal(SIGPIPE, SIG_DFL); /* the only one that the agent changes */
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (original_files.rlim_cur != RLIM_INFINITY)
    setrlimit(RLIMIT_NOFILE, &original_files);
  for (int i = 0; i < 3; i++)
    if (use_as(stdio[i], i) < 0)
      return errno;
  execve(argv[0], (char *const *)argv, (char *const *)environment);
  return errno;
}

int spawn(const char *const *argv, const int stdio[3], pid_t *pid) {
  volatile int error = 0;
  pid_t result = vfork();
  if (result == 0) {
    error = child(argv, stdio);
    _exit(127);
  }
  if (result < 0)
    return -errno;
  /* A child whose exec failed is reaped by the loop as one that nobody knows. */
  if (error != 0)
    return -error;
  *pid = result;
  return 0;
}
