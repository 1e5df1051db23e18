/*
 * /init of the test guest: says on the console whether modules load, by name and as the kernel asks for them
 * itself, and whether crun runs; then powers off. Arguments (kernel command line behind "--"): the modules.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns the exit status, 128 + the signal, or -1. */
static int run(const char *program, const char *first, const char *second) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execl(program, program, first, second, (char *)NULL);
    printf("EXEC %s: %s\n", program, strerror(errno));
    fflush(stdout);
    _exit(127);
  }
  if (child < 0 || waitpid(child, &status, 0) != child)
    return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void show(const char *title, const char *path) {
  char line[512];
  FILE *file = fopen(path, "r");
  if (!file) {
    printf("%s cannot be read\n", path);
    return;
  }
  while (fgets(line, sizeof line, file))
    printf("%s %s%s", title, line, strchr(line, '\n') ? "" : "\n");
  fclose(file);
}

/* By name, without "nodev". */
static void filesystems(void) {
  char line[128];
  FILE *file = fopen("/proc/filesystems", "r");
  while (file && fgets(line, sizeof line, file))
    printf("FILESYSTEM %s", strchr(line, '\t') ? strchr(line, '\t') + 1 : line);
  if (file)
    fclose(file);
}

static const char *said(int result) {
  return result ? strerror(errno) : "ok";
}

/* Nobody has loaded overlay: the kernel runs /sbin/modprobe for it. */
static void overlay(void) {
  mkdir("/run/lower", 0755);
  mkdir("/run/upper", 0755);
  mkdir("/run/work", 0755);
  mkdir("/run/merged", 0755);
  printf("OVERLAY %s\n", said(mount("overlay", "/run/merged", "overlay", 0,
                                    "lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work")));
}

static int write_file(const char *path) {
  int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
  int bad = file < 0 || write(file, path, strlen(path)) != (ssize_t)strlen(path) || fsync(file) != 0;
  return file < 0 || close(file) != 0 || bad;
}

static void scratch(void) {
  mkdir("/run/scratch", 0755);
  printf("SCRATCH mount %s\n", said(mount("/dev/vda", "/run/scratch", "ext4", 0, NULL)));
  printf("SCRATCH file %s\n", said(write_file("/run/scratch/file")));
  printf("SCRATCH unmount %s\n", said(umount("/run/scratch")));
}

int main(int count, char **arguments) {
  struct utsname name;
  struct stat node;
  printf("CONSOLE %s\n", stat("/dev/console", &node) == 0 && S_ISCHR(node.st_mode) ? "ok" : "missing");
  if (symlink("../usr/sbin/modprobe", "/sbin/modprobe") != 0)
    printf("SYMLINK %s\n", strerror(errno));
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sys", "/sys", "sysfs", 0, NULL);
  mount("dev", "/dev", "devtmpfs", 0, NULL);
  mount("run", "/run", "tmpfs", 0, NULL);
  uname(&name);
  printf("KERNEL %s\n", name.release);
  for (int i = 1; i < count; i++)
    printf("MODPROBE %s %d\n", arguments[i], run("/sbin/modprobe", arguments[i], NULL));
  printf("MODPROBE no_such_module %d\n", run("/sbin/modprobe", "-q", "no_such_module"));
  overlay();
  scratch();
  printf("MODPROBE rtnl-link-bridge %d\n", run("/sbin/modprobe", "-q", "rtnl-link-bridge"));
  fflush(stdout);
  printf("CRUN %d\n", run("/usr/bin/crun", "--version", NULL));
  show("MODULE", "/proc/modules");
  filesystems();
  show("MEMORY", "/proc/meminfo");
  printf("RESULT DONE\n");
  fflush(stdout);
  reboot(RB_POWER_OFF);
  return 1;
}
