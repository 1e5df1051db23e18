/*
 * The sandbox's interface: a TAP, because its frames with their virtio-net headers go to the switch as they
 * are, large segments and missing checksums included (the 12-byte header has num_buffers, as in VMs).
 *
 * Everything here happens in the namespace that the calling thread is in: a TAP belongs to the one where
 * /dev/net/tun was opened. In the world's it lives as long as its descriptor, so a killed agent leaves none
 * behind. In a namespace of the sandbox's own it lives as long as that, which the agent's death ends as well:
 * the kernel then takes it apart behind us, and closing the descriptor does not wait for that (10 to 20 ms).
 */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine.h"
#include "netlink.h"
#include "port.h"

enum { HEADER_SIZE = 12, QUEUE_LENGTH = 4096 };

static int interface_index(const char *name) {
  struct ifreq request = {0};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
  int result = ioctl(fd, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : -errno;
  close(fd);
  return result;
}

int network_loopback_up(struct failure *failure) {
  int socket = netlink_open();
  int index = interface_index("lo");
  int result = socket < 0  ? socket
               : index < 0 ? index
                           : netlink_link_up(socket, index, 0, &(struct bytes){0}, 0);
  if (socket >= 0)
    close(socket);
  return result == 0 ? 0 : fail_errno(failure, result, "setting lo up");
}

static bool address_valid(const struct bytes *address, unsigned prefix_length) {
  return (address->length == 4 || address->length == 16) && prefix_length <= address->length * 8;
}

static bool word_valid(const char *word) {
  return *word != '\0' && strlen(word) <= 128 && strpbrk(word, " \t\r\n") == NULL;
}

static int check(const struct interface *interface, struct failure *failure) {
  const struct address *addresses = interface->addresses.items;
  const struct address *routes = interface->routes.items;
  const struct bytes *gateways = interface->gateways.items;
  bool valid = *interface->name != '\0' && strlen(interface->name) < IFNAMSIZ &&
               strpbrk(interface->name, "/%:") == NULL;
  valid = valid && (interface->mac.length == 6 || interface->mac.length == 0) && interface->mtu <= 65535;
  if (!machine_is())
    valid = valid && word_valid(interface->port_name) && word_valid(interface->port_token);
  for (size_t i = 0; i < interface->addresses.count; i++)
    valid = valid && address_valid(&addresses[i].address, addresses[i].prefix_length);
  for (size_t i = 0; i < interface->routes.count; i++)
    valid = valid && address_valid(&routes[i].address, routes[i].prefix_length);
  for (size_t i = 0; i < interface->gateways.count; i++)
    valid = valid && address_valid(&gateways[i], 0);
  return valid ? 0
               : fail(failure, EINVAL, "INVALID_ARGUMENT", "interface '%.16s' is not described well",
                      interface->name);
}

static int make_tap(const char *name, struct failure *failure) {
  struct ifreq request = {0};
  int header = HEADER_SIZE;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail_errno(failure, errno, "opening /dev/net/tun");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
  if (ioctl(fd, TUNSETIFF, &request) != 0 || ioctl(fd, TUNSETVNETHDRSZ, &header) != 0 ||
      ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) != 0) {
    int result = fail_errno(failure, errno, "making the interface %s", name);
    close(fd);
    return result;
  }
  return fd;
}

static int configure(int socket, int index, const struct interface *interface, struct failure *failure) {
  const struct address *addresses = interface->addresses.items;
  const struct address *routes = interface->routes.items;
  const struct bytes *gateways = interface->gateways.items;
  int result = netlink_link_up(socket, index, interface->mtu, &interface->mac, QUEUE_LENGTH);
  if (result != 0)
    return fail_errno(failure, result, "setting %s up", interface->name);
  for (size_t i = 0; i < interface->addresses.count && result == 0; i++)
    result = netlink_add_address(socket, index, &addresses[i].address, addresses[i].prefix_length);
  if (result != 0)
    return fail_errno(failure, result, "giving %s its address", interface->name);
  for (size_t i = 0; i < interface->routes.count && result == 0; i++)
    result = netlink_add_route(socket, index, &routes[i].address, routes[i].prefix_length, NULL);
  for (size_t i = 0; i < interface->gateways.count && result == 0; i++)
    result = netlink_add_route(socket, index, NULL, 0, &gateways[i]);
  return result == 0 ? 0 : fail_errno(failure, result, "giving %s its routes", interface->name);
}

static int configure_by_name(const struct interface *interface, struct failure *failure) {
  int socket = netlink_open();
  int index = interface_index(interface->name);
  int result = socket < 0 || index < 0
                   ? fail_errno(failure, socket < 0 ? socket : index, "finding %s", interface->name)
                   : configure(socket, index, interface, failure);
  if (socket >= 0)
    close(socket);
  return result;
}

static int open_card(const struct interface *interface, int world, struct failure *failure) {
  int result = machine_take_card(world, interface->name);
  return result == 0 ? configure_by_name(interface, failure)
                     : fail_errno(failure, result, "taking the machine's network card");
}

int network_open(const struct interface *interface, bool own_namespace, int world, struct failure *failure) {
  int result = check(interface, failure);
  if (result != 0)
    return result;
  if (machine_is())
    return open_card(interface, world, failure);
  int tap = make_tap(interface->name, failure);
  if (tap < 0)
    return tap;
  result = configure_by_name(interface, failure);
  if (result == 0 && own_namespace && ioctl(tap, TUNSETPERSIST, 1) != 0)
    result = fail_errno(failure, errno, "keeping %s", interface->name);
  if (result != 0) {
    close(tap);
    return result;
  }
  result = port_open(tap, interface->port_name, interface->port_token);
  return result == 0 ? 0 : fail_errno(failure, result, "starting the port of %s", interface->name);
}

void network_close(void) {
  port_close();
}
