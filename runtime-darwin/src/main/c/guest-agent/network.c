#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int network_loopback_up(struct failure *failure) {
  struct ifreq request = {0};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail_errno(failure, errno, "opening a socket in the sandbox");
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int result = ioctl(fd, SIOCSIFFLAGS, &request) == 0 ? 0 : fail_errno(failure, errno, "setting lo up");
  close(fd);
  return result;
}

int network_open(const struct interface *interface, struct failure *failure) {
  (void)interface;
  return fail(failure, ENOSYS, "UNSUPPORTED", "no TAP yet");
}
void network_close(void) {
}
