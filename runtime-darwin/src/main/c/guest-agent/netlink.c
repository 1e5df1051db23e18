/*
 * rtnetlink, as far as one interface needs it: one request, one acknowledgement. Addresses have 4 or 16 bytes
 * and say their family so. Gateways are taken to be on the link whatever the prefix (a pod's may be /32).
 */
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
  struct nlmsghdr header;
  char body[512];
};

static unsigned char family_of(const struct bytes *address) {
  return address != NULL && address->length == 4 ? AF_INET : AF_INET6;
}

static void begin(struct message *message, unsigned short type, unsigned short flags, const void *body,
                  size_t length) {
  memset(message, 0, sizeof(*message));
  message->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
  message->header.nlmsg_type = type;
  message->header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
  memcpy(NLMSG_DATA(&message->header), body, length);
}

static void add(struct message *message, unsigned short type, const void *data, size_t length) {
  size_t at = NLMSG_ALIGN(message->header.nlmsg_len);
  struct rtattr *attribute = (struct rtattr *)((char *)message + at);
  if (at + RTA_LENGTH(length) > sizeof(*message))
    return; /* cannot be: every caller adds a handful of short attributes */
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(length);
  memcpy(RTA_DATA(attribute), data, length);
  message->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(length));
}

static int ask(int socket, const struct message *message) {
  char answer[4096];
  if (send(socket, message, message->header.nlmsg_len, 0) < 0)
    return -errno;
  ssize_t length;
  do
    length = recv(socket, answer, sizeof(answer), 0);
  while (length < 0 && errno == EINTR);
  if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)))
    return length < 0 ? -errno : -EPROTO;
  struct nlmsghdr header;
  struct nlmsgerr error;
  memcpy(&header, answer, sizeof(header));
  memcpy(&error, answer + NLMSG_HDRLEN, sizeof(error));
  return header.nlmsg_type == NLMSG_ERROR ? error.error : -EPROTO;
}

int netlink_open(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return fd < 0 ? -errno : fd;
}

int netlink_link_up(int socket, int index, uint32_t mtu, const struct bytes *mac, uint32_t queue) {
  struct message message;
  struct ifinfomsg info = {.ifi_index = index};
  begin(&message, RTM_NEWLINK, 0, &info, sizeof(info));
  if (mac->length > 0)
    add(&message, IFLA_ADDRESS, mac->data, mac->length);
  if (mtu > 0)
    add(&message, IFLA_MTU, &mtu, sizeof(mtu));
  if (queue > 0)
    add(&message, IFLA_TXQLEN, &queue, sizeof(queue));
  int result = ask(socket, &message);
  if (result != 0)
    return result;
  info.ifi_flags = info.ifi_change = 1; /* IFF_UP */
  begin(&message, RTM_NEWLINK, 0, &info, sizeof(info));
  return ask(socket, &message);
}

int netlink_add_address(int socket, int index, const struct bytes *address, unsigned prefix_length) {
  struct message message;
  struct ifaddrmsg info = {.ifa_family = family_of(address),
                           .ifa_prefixlen = (uint8_t)prefix_length,
                           .ifa_index = (uint32_t)index};
  /* The daemon gave it to nobody else, so nothing waits for the kernel to find that out. */
  if (info.ifa_family == AF_INET6)
    info.ifa_flags = IFA_F_NODAD;
  begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
  add(&message, IFA_LOCAL, address->data, address->length);
  add(&message, IFA_ADDRESS, address->data, address->length);
  return ask(socket, &message);
}

int netlink_add_route(int socket, int index, const struct bytes *destination, unsigned prefix_length,
                      const struct bytes *gateway) {
  struct message message;
  uint32_t output = (uint32_t)index;
  struct rtmsg info = {
      .rtm_family = family_of(destination != NULL ? destination : gateway),
      .rtm_dst_len = (uint8_t)(destination != NULL ? prefix_length : 0),
      .rtm_table = RT_TABLE_MAIN,
      .rtm_protocol = RTPROT_STATIC,
      .rtm_scope = gateway != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
      .rtm_type = RTN_UNICAST,
      .rtm_flags = gateway != NULL ? RTNH_F_ONLINK : 0,
  };
  begin(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
  if (destination != NULL)
    add(&message, RTA_DST, destination->data, destination->length);
  if (gateway != NULL)
    add(&message, RTA_GATEWAY, gateway->data, gateway->length);
  add(&message, RTA_OIF, &output, sizeof(output));
  return ask(socket, &message);
}

int netlink_move(int socket, int index, int target, const char *name) {
  struct message message;
  struct ifinfomsg info = {.ifi_index = index};
  uint32_t descriptor = (uint32_t)target;
  begin(&message, RTM_NEWLINK, 0, &info, sizeof(info));
  add(&message, IFLA_IFNAME, name, strlen(name) + 1);
  add(&message, IFLA_NET_NS_FD, &descriptor, sizeof(descriptor));
  return ask(socket, &message);
}
