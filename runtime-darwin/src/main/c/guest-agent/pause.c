/*
 * PID 1 of a PID namespace that containers share: holds it, reaps what is reparented to it, does nothing
 * else.
 *
 * Containers see it, and one with SYS_PTRACE may look into it: so it has no capabilities, its root is an
 * empty read-only tmpfs, and its program was started through a read-only mount (/agent), so that /proc/1/exe
 * cannot be written through.
 */
#include "pause.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kernel.h"

static int empty_root(void) {
  if (unshare(CLONE_NEWNS) != 0)
    return -errno;
  if (mount("pause", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0555,size=4k") != 0)
    return -errno;
  if (chdir("/tmp") != 0 || beagle_pivot_root(".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
      chdir("/") != 0)
    return -errno;
  return mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0
             ? 0
             : -errno;
}

static int drop_privileges(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2];
  memset(none, 0, sizeof(none));
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
    continue;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -errno;
  return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

/* In the new process, whose memory is a copy. Returns the errno of what failed. */
static int become_pause(void) {
  static char *const arguments[] = {"pause", "pause", NULL};
  static char *const environment[] = {NULL};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || setsid() < 0)
    return errno;
  int program = open("/agent", O_RDONLY | O_CLOEXEC);
  int null = open("/dev/null", O_RDWR);
  if (program < 0 || null < 0)
    return errno;
  for (int i = 0; i < 3; i++)
    if (dup2(null, i) < 0)
      return errno;
  if (null > 2)
    close(null);
  int result = empty_root();
  if (result == 0)
    result = drop_privileges();
  if (result != 0)
    return -result;
  syscall(SYS_execveat, program, "", arguments, environment, BEAGLE_AT_EMPTY_PATH);
  return errno;
}

int pause_start(pid_t *pid, struct failure *failure) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0)
    return fail_errno(failure, errno, "starting pause");
  /* A plain fork with a new PID namespace; the last three arguments are unused, and so alike on all
   * architectures. */
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    int error = become_pause();
    ssize_t ignored = write(report[1], &error, sizeof(error));
    (void)ignored;
    _exit(127);
  }
  int error = child < 0 ? errno : 0;
  close(report[1]);
  /* The pipe closes when exec has succeeded. */
  if (child > 0 && read(report[0], &error, sizeof(error)) == 0)
    error = 0;
  close(report[0]);
  if (error != 0)
    return fail_errno(failure, error, "starting pause");
  *pid = child;
  return 0;
}

int pause_main(void) {
  sigset_t set;
  prctl(PR_SET_NAME, "pause", 0, 0, 0); /* newer kernels name it after its file */
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (;;) {
    while (waitpid(-1, NULL, WNOHANG) > 0)
      continue;
    int received;
    sigwait(&set, &received);
  }
}
