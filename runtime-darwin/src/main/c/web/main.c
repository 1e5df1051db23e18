/*
 * beagle-web: the page of the image that comes with Beagle. One argument: the port, 80 without one.
 *
 * One process, one connection at a time, two seconds for each: it shows that a pod works, it does not serve
 * the world. Listens on IPv6 and IPv4 at once where IPv6 is there. SIGTERM and SIGINT end it with code 0,
 * also as PID 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_LIMIT = 8192 };

static time_t started;

static void terminate(int number) {
  (void)number;
  _exit(0);
}

static int listen_on(unsigned port) {
  struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
  struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int on = 1;
  int off = 0;
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, (struct sockaddr *)&any6, sizeof(any6)) == 0 && listen(fd, 64) == 0)
      return fd;
    close(fd);
  }
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, (struct sockaddr *)&any4, sizeof(any4)) == 0 && listen(fd, 64) == 0)
    return fd;
  close(fd);
  return -1;
}

/* Reads up to the empty line after the head. false: too long, too slow or gone. */
static bool read_head(int connection, char *request) {
  size_t length = 0;
  while (length < REQUEST_LIMIT - 1) {
    ssize_t count = recv(connection, request + length, REQUEST_LIMIT - 1 - length, 0);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    length += (size_t)count;
    request[length] = '\0';
    if (strstr(request, "\r\n\r\n") != NULL || strstr(request, "\n\n") != NULL)
      return true;
  }
  return false;
}

static void send_all(int connection, const char *data, size_t length) {
  while (length > 0) {
    ssize_t count = send(connection, data, length, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return;
    data += count;
    length -= (size_t)count;
  }
}

static void own_address(int connection, char *text, size_t room) {
  struct sockaddr_storage address;
  socklen_t length = sizeof(address);
  snprintf(text, room, "unknown");
  if (getsockname(connection, (struct sockaddr *)&address, &length) != 0)
    return;
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, (socklen_t)room);
    return;
  }
  const struct in6_addr *ip6 = &((struct sockaddr_in6 *)&address)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(ip6))
    inet_ntop(AF_INET, &ip6->s6_addr[12], text, (socklen_t)room);
  else
    inet_ntop(AF_INET6, ip6, text, (socklen_t)room);
}

static int page(int connection, char *body, size_t room) {
  char host[256] = "";
  char address[INET6_ADDRSTRLEN];
  gethostname(host, sizeof(host) - 1);
  own_address(connection, address, sizeof(address));
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return snprintf(
      body, room,
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Beagle</title></head>\n"
      "<body><h1>Hello from Beagle</h1>\n"
      "<p>host name: %s<br>\naddress: %s<br>\nup for: %ld s</p></body></html>\n",
      host, address, (long)(now.tv_sec - started));
}

static void respond(int connection, const char *status, const char *extra, const char *body, bool with_body) {
  char head[512];
  int length = snprintf(head, sizeof(head),
                        "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
                        "Connection: close\r\n%s\r\n",
                        status, strlen(body), extra);
  send_all(connection, head, (size_t)length);
  if (with_body)
    send_all(connection, body, strlen(body));
}

static void serve(int connection) {
  char request[REQUEST_LIMIT];
  char body[1024];
  char target[1024];
  char method[8];
  if (!read_head(connection, request))
    return;
  if (sscanf(request, "%7s %1023s", method, target) != 2) {
    respond(connection, "400 Bad Request", "", "", true);
    return;
  }
  bool head = strcmp(method, "HEAD") == 0;
  target[strcspn(target, "?")] = '\0';
  if (!head && strcmp(method, "GET") != 0) {
    respond(connection, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "only GET and HEAD\n", true);
  } else if (strcmp(target, "/") != 0) {
    respond(connection, "404 Not Found", "", "there is only /\n", !head);
  } else {
    page(connection, body, sizeof(body));
    respond(connection, "200 OK", "", body, !head);
  }
}

/* Reads what is left, so that closing does not reset the connection before the client has read the answer. */
static void finish(int connection) {
  char rest[1024];
  shutdown(connection, SHUT_WR);
  for (int i = 0; i < 64 && recv(connection, rest, sizeof(rest), 0) > 0; i++)
    continue;
  close(connection);
}

int main(int count, char **arguments) {
  unsigned long port = count > 1 ? strtoul(arguments[1], NULL, 10) : 80;
  struct timespec now;
  struct timeval patience = {.tv_sec = 2};
  signal(SIGTERM, terminate);
  signal(SIGINT, terminate);
  clock_gettime(CLOCK_MONOTONIC, &now);
  started = now.tv_sec;
  int listener = port > 0 && port < 65536 ? listen_on((unsigned)port) : -1;
  if (listener < 0) {
    fprintf(stderr, "beagle-web: cannot listen on port %s\n", count > 1 ? arguments[1] : "80");
    return 1;
  }
  printf("beagle-web: listening on port %lu\n", port);
  fflush(stdout);
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED)
        continue;
      perror("beagle-web: accept");
      return 1;
    }
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    serve(connection);
    finish(connection);
  }
}
