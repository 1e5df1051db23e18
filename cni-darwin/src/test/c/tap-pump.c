/*
 * Joins a TAP of the network namespace that it is started in to a port of the switch: what the
 * guest agent does, for tests of the switch alone.
 *
 *   tap-pump IFNAME SOCKET PORT TOKEN
 *
 * Writes "up" once the TAP is joined. Connects again when the switch goes away, for ever. One
 * thread a direction; ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LONGEST = 65605, BUFFER = 1 << 20 };

static int tap;
static volatile int port = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *path, *name, *token;

static void die(const char *what)
{
	fprintf(stderr, "tap-pump: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_tap(const char *ifname)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header = 12, fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/net/tun");
	snprintf(request.ifr_name, IFNAMSIZ, "%s", ifname);
	if (ioctl(fd, TUNSETIFF, &request) || ioctl(fd, TUNSETVNETHDRSZ, &header) ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
		die(ifname);
	return fd;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return -1;
		bytes += count;
		length -= (size_t)count;
	}
	return 0;
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char line[512], answer[3];
	int size = 1 << 20, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	snprintf(line, sizeof line, "PORT 1 %s %s\n", name, token);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) || write_all(fd, line, strlen(line)) ||
	    recv(fd, answer, 3, MSG_WAITALL) != 3 || memcmp(answer, "OK\n", 3)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void *from_tap(void *unused)
{
	char *frame = malloc(4 + LONGEST + 4096);

	(void)unused;
	for (;;) {
		ssize_t count = read(tap, frame + 4, LONGEST + 4096);
		if (count < 0)
			die("read of the TAP");
		if (count > LONGEST)
			continue;
		uint32_t length = htonl((uint32_t)count);
		memcpy(frame, &length, 4);
		pthread_mutex_lock(&lock);
		int fd = port;
		pthread_mutex_unlock(&lock);
		if (fd >= 0)
			(void)!write_all(fd, frame, 4 + (size_t)count);
	}
}

static void to_tap(int fd)
{
	char *buffer = malloc(BUFFER);
	size_t held = 0;

	for (;;) {
		ssize_t count = read(fd, buffer + held, BUFFER - held);
		if (count <= 0)
			break;
		held += (size_t)count;
		size_t at = 0;
		while (held - at >= 4) {
			uint32_t length;
			memcpy(&length, buffer + at, 4);
			length = ntohl(length);
			if (held - at < 4 + length)
				break;
			(void)!write(tap, buffer + at + 4, length); /* A refused frame is a lost frame. */
			at += 4 + length;
		}
		memmove(buffer, buffer + at, held - at);
		held -= at;
	}
	free(buffer);
}

static void *until_input_ends(void *unused)
{
	char byte;

	(void)unused;
	while (read(0, &byte, 1) > 0)
		;
	exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 5) {
		fprintf(stderr, "usage: tap-pump IFNAME SOCKET PORT TOKEN\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	path = argv[2], name = argv[3], token = argv[4];
	tap = open_tap(argv[1]);
	pthread_create(&thread, NULL, from_tap, NULL);
	pthread_create(&thread, NULL, until_input_ends, NULL);
	for (int first = 1;;) {
		int fd = dial();
		if (fd < 0) {
			usleep(100000);
			continue;
		}
		pthread_mutex_lock(&lock);
		port = fd;
		pthread_mutex_unlock(&lock);
		if (first) {
			puts("up");
			fflush(stdout);
			first = 0;
		}
		to_tap(fd);
		pthread_mutex_lock(&lock);
		port = -1;
		pthread_mutex_unlock(&lock);
		close(fd);
	}
}
