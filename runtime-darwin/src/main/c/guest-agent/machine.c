/*
 * The agent as init of a virtual machine: what the host does for an agent elsewhere.
 *
 * The root is the initramfs, bound over itself: an OCI runtime wants to pivot_root, which the very first root
 * of a kernel does not allow. Drivers are modules of the stock kernel; those that only a mount needs are
 * loaded by the kernel itself, through /sbin/modprobe.
 *
 * What comes from the host comes by name: entries of its export (virtio-fs), of which a file is a layer image
 * and is mounted as EROFS, logs by a connection each, and one network card. What containers write is on a
 * scratch disk that begins empty with each start.
 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* After sys/socket.h, which it takes for granted. */
#include <linux/vm_sockets.h>

#include "kernel.h"
#include "netlink.h"
#include "root.h"

enum { AGENT_PORT = 1024 };

#define EXPORT "/export"
#define EXPORT_TAG "export"
#define SCRATCH "/scratch"
#define SCRATCH_SERIAL "scratch"

static bool entered;

bool machine_is(void) {
  return entered;
}

/* The first root has no parent mount, and whoever wants to pivot_root needs one. */
static int leave_first_root(struct failure *failure) {
  if (mkdir("/root", 0700) != 0 && errno != EEXIST)
    return fail_errno(failure, errno, "making /root");
  if (mount("/", "/root", NULL, MS_BIND, NULL) != 0 || chdir("/root") != 0 ||
      mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
    return fail_errno(failure, errno, "moving the root");
  return 0;
}

static int mount_all(struct failure *failure) {
  static const struct {
    const char *type, *target, *options;
    unsigned long flags;
  } mounts[] = {
      {"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
      {"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
      {"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
      {"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
      {"tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV},
      {"cgroup2", "/sys/fs/cgroup", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
  };
  for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
    if (mkdir(mounts[i].target, 0755) != 0 && errno != EEXIST)
      return fail_errno(failure, errno, "making %s", mounts[i].target);
    if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) != 0)
      return fail_errno(failure, errno, "mounting %s", mounts[i].target);
  }
  return 0;
}

/* What the agent has to say goes among the kernel's lines, with their time; from there to the console. */
static int open_console(struct failure *failure) {
  int console = open("/dev/kmsg", O_WRONLY | O_NOCTTY);
  int null = open("/dev/null", O_RDWR);
  if (console < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
      dup2(console, STDERR_FILENO) < 0)
    return fail_errno(failure, errno, "opening the console");
  if (console > STDERR_FILENO)
    close(console);
  if (null > STDERR_FILENO)
    close(null);
  return 0;
}

static int run(const char *const *argv) {
  int status = 0;
  pid_t child = fork();
  if (child < 0)
    return -errno;
  if (child == 0) {
    execv(argv[0], (char *const *)argv);
    _exit(127);
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -errno;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int load_drivers(struct failure *failure) {
  /* Where the kernel looks for it, and not before now: while it boots it asks two dozen times in vain, a
   * process each. */
  if (symlink("../usr/sbin/modprobe", "/sbin/modprobe") != 0 && errno != EEXIST)
    return fail_errno(failure, errno, "linking /sbin/modprobe");
  /* The bus last of those that the boot waits for would find no driver: it comes first. */
  static const char *const modprobe[] = {
      "/sbin/modprobe", "-a",       "-q",         "virtio_mmio", "vmw_vsock_virtio_transport",
      "virtio_net",     "virtiofs", "virtio_blk", "virtio_rng",  NULL};
  return run(modprobe) == 0 ? 0 : fail(failure, ENOEXEC, "INTERNAL", "loading the drivers failed");
}

static int mount_export(struct failure *failure) {
  if (mkdir(EXPORT, 0755) != 0)
    return fail_errno(failure, errno, "making " EXPORT);
  if (mount(EXPORT_TAG, EXPORT, "virtiofs", MS_NOSUID | MS_NODEV, NULL) == 0)
    return 0;
  if (errno != EINVAL && errno != ENODEV)
    return fail_errno(failure, errno, "mounting the host's export");
  note("machine: there is no export of the host");
  return 0;
}

static int read_text(const char *path, char *text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, room - 1);
  int error = errno;
  if (fd >= 0)
    close(fd);
  text[length > 0 ? length : 0] = '\0';
  text[strcspn(text, "\n")] = '\0';
  return length < 0 ? -error : 0;
}

/* The disk is known by its serial number: the order of disks is nobody's promise. */
static bool find_scratch(char *device, size_t room) {
  bool found = false;
  DIR *disks = opendir("/sys/block");
  if (disks == NULL)
    return false;
  for (struct dirent *disk; !found && (disk = readdir(disks)) != NULL;) {
    char path[PATH_MAX];
    char serial[32] = "";
    snprintf(path, sizeof(path), "/sys/block/%s/serial", disk->d_name);
    found = read_text(path, serial, sizeof(serial)) == 0 && strcmp(serial, SCRATCH_SERIAL) == 0;
    /* The place may be empty. */
    snprintf(path, sizeof(path), "/sys/block/%s/size", disk->d_name);
    found = found && read_text(path, serial, sizeof(serial)) == 0 && strcmp(serial, "0") != 0;
    snprintf(device, room, "/dev/%s", disk->d_name);
  }
  closedir(disks);
  return found;
}

static int mount_scratch(struct failure *failure) {
  char device[300];
  if (mkdir(SCRATCH, 0700) != 0)
    return fail_errno(failure, errno, "making " SCRATCH);
  bool disk = find_scratch(device, sizeof(device));
  if (disk && mount(device, SCRATCH, "ext4", MS_NOSUID | MS_NOATIME, "noinit_itable,discard") != 0)
    return fail_errno(failure, errno, "mounting the scratch disk %s", device);
  if (!disk)
    note("machine: there is no scratch disk; what containers write takes memory");
  if (!disk && mount("scratch", SCRATCH, "tmpfs", MS_NOSUID, "mode=0700") != 0)
    return fail_errno(failure, errno, "mounting " SCRATCH);
  if (mkdir(SCRATCH "/folders", 0700) != 0 || mkdir(SCRATCH "/trash", 0700) != 0)
    return fail_errno(failure, errno, "making the folders of the scratch disk");
  return 0;
}

/* The OCI runtime and our own program where the agent's root has them. */
static int place_programs(struct failure *failure) {
  if (mkdir("/toolbox", 0755) != 0 || mkdir("/toolbox/bin", 0755) != 0 ||
      symlink("/usr/bin/crun", "/toolbox/bin/runtime") != 0)
    return fail_errno(failure, errno, "placing the OCI runtime");
  /* Read-only, as /proc/1/exe of a shared PID namespace shows it. */
  if (mknod("/agent", S_IFREG | 0600, 0) != 0 || mount("/init", "/agent", NULL, MS_BIND, NULL) != 0 ||
      mount(NULL, "/agent", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
    return fail_errno(failure, errno, "placing the agent's program");
  return 0;
}

int machine_enter(struct failure *failure) {
  entered = true;
  umask(022);
  int result = leave_first_root(failure);
  if (result == 0)
    result = mount_all(failure);
  if (result == 0)
    result = open_console(failure);
  if (result == 0)
    result = root_furnish(failure);
  if (result == 0)
    result = place_programs(failure);
  if (result == 0)
    result = load_drivers(failure);
  if (result == 0)
    result = mount_export(failure);
  if (result == 0)
    result = mount_scratch(failure);
  return result;
}

int machine_listen(struct failure *failure) {
  struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = AGENT_PORT};
  int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 128) != 0)
    return fail_errno(failure, errno, "listening on vsock port %d", AGENT_PORT);
  return fd;
}

bool machine_is_host(int fd) {
  struct sockaddr_vm peer = {0};
  socklen_t length = sizeof(peer);
  return getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.svm_family == AF_VSOCK &&
         peer.svm_cid == VMADDR_CID_HOST;
}

/* The index of the interface that a driver stands behind and that nobody has taken yet. /sys shows those of
 * the namespace that it was mounted in, the machine's first. */
static int find_card(void) {
  int index = -ENODEV;
  DIR *interfaces = opendir("/sys/class/net");
  if (interfaces == NULL)
    return -errno;
  for (struct dirent *entry; index < 0 && (entry = readdir(interfaces)) != NULL;) {
    char path[PATH_MAX];
    char number[16];
    snprintf(path, sizeof(path), "/sys/class/net/%s/device", entry->d_name);
    if (entry->d_name[0] == '.' || access(path, F_OK) != 0)
      continue;
    snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", entry->d_name);
    if (read_text(path, number, sizeof(number)) == 0)
      index = (int)strtol(number, NULL, 10);
  }
  closedir(interfaces);
  return index;
}

int machine_take_card(int world, const char *name) {
  int index = find_card();
  if (index < 0)
    return index;
  int inside = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (inside < 0)
    return -errno;
  int result = netlink_move(world, index, inside, name);
  close(inside);
  return result;
}

int machine_attach_layer(const char *entry, const char *target) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), EXPORT "/%s", entry);
  if (mkdir(target, 0755) != 0)
    return -errno;
  if (mount(path, target, "erofs", MS_RDONLY | MS_NODEV, NULL) == 0)
    return 0;
  int error = errno;
  rmdir(target);
  return -error;
}

int machine_attach_entry(const char *entry, const char *target, bool read_only) {
  char path[PATH_MAX];
  struct stat status;
  snprintf(path, sizeof(path), EXPORT "/%s", entry);
  if (lstat(path, &status) != 0)
    return -errno;
  if ((S_ISDIR(status.st_mode) ? mkdir(target, 0755) : mknod(target, S_IFREG | 0600, 0)) != 0)
    return -errno;
  if (mount(path, target, NULL, MS_BIND, NULL) == 0 &&
      (!read_only || mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0))
    return 0;
  int error = errno;
  umount2(target, MNT_DETACH);
  remove(target);
  return -error;
}

int machine_attach_scratch(const char *name, const char *target) {
  static const char *const parts[] = {"", "/upper", "/work"};
  static const mode_t modes[] = {0700, 0755, 0700};
  char folder[PATH_MAX];
  int length = snprintf(folder, sizeof(folder), SCRATCH "/folders/%s", name);
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    snprintf(folder + length, sizeof(folder) - (size_t)length, "%s", parts[i]);
    if (mkdir(folder, modes[i]) != 0)
      return -errno;
  }
  folder[length] = '\0';
  if (mkdir(target, 0755) != 0)
    return -errno;
  if (mount(folder, target, NULL, MS_BIND, NULL) == 0)
    return 0;
  int error = errno;
  rmdir(target);
  return -error;
}

static int delete_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status;
  (void)kind;
  (void)place;
  return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}

/* Deleting takes as long as the container made it take: a process of its own does it. */
void machine_discard(const char *name) {
  static unsigned sequence;
  char folder[PATH_MAX];
  char trash[PATH_MAX];
  snprintf(folder, sizeof(folder), SCRATCH "/folders/%s", name);
  snprintf(trash, sizeof(trash), SCRATCH "/trash/%u", sequence++);
  if (rename(folder, trash) != 0)
    return;
  if (fork() == 0) {
    enum { DESCRIPTORS = 64 };
    _exit(nftw(trash, delete_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 ? 0 : 1);
  }
}

void machine_off(void) {
  sync();
  reboot(RB_POWER_OFF);
  for (;;)
    pause();
}
