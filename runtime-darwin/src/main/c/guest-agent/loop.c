/*
 * The one thread that everything but the network pump runs on: epoll for descriptors, a list of timers, and
 * the table of children. Callbacks may add and remove anything, themselves included: loop_remove also takes
 * the watch out of the batch of events in hand.
 *
 * The agent is a subreaper, so the OCI runtime's children become ours when it exits, and either may be reaped
 * first. Ends of processes that nobody knows yet are kept as long as a call of the runtime is under way
 * (children_hold), and given to child_adopt.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64 };

struct stray {
  pid_t pid;
  int status;
  struct stray *next;
};

static struct {
  int epoll;
  bool running;
  struct watch signals;
  void (*terminate)(void);
  struct epoll_event batch[BATCH];
  int batch_length;
  struct timer *timers;
  struct child *children;
  struct stray *strays;
  unsigned holds;
} loop;

static int64_t now_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t monotonic_now(void) {
  return now_of(CLOCK_MONOTONIC);
}

int64_t wall_now(void) {
  return now_of(CLOCK_REALTIME);
}

int loop_add(struct watch *watch) {
  struct epoll_event event = {.events = watch->events, .data.ptr = watch};
  if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, watch->fd, &event) != 0)
    return -errno;
  watch->added = true;
  return 0;
}

int loop_change(struct watch *watch, uint32_t events) {
  if (watch->added && watch->events == events)
    return 0;
  watch->events = events;
  if (!watch->added)
    return loop_add(watch);
  struct epoll_event event = {.events = events, .data.ptr = watch};
  return epoll_ctl(loop.epoll, EPOLL_CTL_MOD, watch->fd, &event) != 0 ? -errno : 0;
}

void loop_remove(struct watch *watch) {
  if (!watch->added)
    return;
  epoll_ctl(loop.epoll, EPOLL_CTL_DEL, watch->fd, NULL);
  watch->added = false;
  for (int i = 0; i < loop.batch_length; i++)
    if (loop.batch[i].data.ptr == watch)
      loop.batch[i].data.ptr = NULL;
}

void timer_start(struct timer *timer, int64_t nanoseconds) {
  timer_stop(timer);
  timer->due = monotonic_now() + nanoseconds;
  timer->next = loop.timers;
  timer->running = true;
  loop.timers = timer;
}

void timer_stop(struct timer *timer) {
  if (!timer->running)
    return;
  struct timer **link = &loop.timers;
  while (*link != timer)
    link = &(*link)->next;
  *link = timer->next;
  timer->running = false;
}

static struct timer *earliest(void) {
  struct timer *first = loop.timers;
  for (struct timer *timer = loop.timers; timer != NULL; timer = timer->next)
    if (timer->due < first->due)
      first = timer;
  return first;
}

static int fire_due(void) {
  for (;;) {
    struct timer *first = earliest();
    if (first == NULL)
      return -1;
    int64_t left = first->due - monotonic_now();
    if (left > 0)
      return left > 3600000000000 ? 3600000 : (int)((left + 999999) / 1000000);
    timer_stop(first);
    first->fire(first);
  }
}

void child_add(struct child *child) {
  child->next = loop.children;
  loop.children = child;
}

void child_remove(struct child *child) {
  for (struct child **link = &loop.children; *link != NULL; link = &(*link)->next) {
    if (*link == child) {
      *link = child->next;
      return;
    }
  }
}

void child_adopt(struct child *child) {
  for (struct stray **link = &loop.strays; *link != NULL; link = &(*link)->next) {
    struct stray *stray = *link;
    if (stray->pid == child->pid) {
      int status = stray->status;
      *link = stray->next;
      free(stray);
      child->ended(child, status);
      return;
    }
  }
  child_add(child);
}

void children_hold(void) {
  loop.holds++;
}

void children_release(void) {
  if (--loop.holds > 0)
    return;
  while (loop.strays != NULL) {
    struct stray *stray = loop.strays;
    loop.strays = stray->next;
    free(stray);
  }
}

static void child_ended(pid_t pid, int status) {
  for (struct child *child = loop.children; child != NULL; child = child->next) {
    if (child->pid == pid) {
      child_remove(child);
      child->ended(child, status);
      return;
    }
  }
  struct stray *stray = loop.holds > 0 ? malloc(sizeof(*stray)) : NULL;
  if (stray == NULL)
    return;
  *stray = (struct stray){pid, status, loop.strays};
  loop.strays = stray;
}

static void signalled(struct watch *watch, uint32_t events) {
  (void)events;
  struct signalfd_siginfo info[8];
  bool terminate = false;
  ssize_t length;
  while ((length = read(watch->fd, info, sizeof(info))) > 0)
    for (size_t i = 0; i < (size_t)length / sizeof(info[0]); i++)
      terminate |= info[i].ssi_signo != SIGCHLD;
  pid_t pid;
  int status;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    child_ended(pid, status);
  if (terminate)
    loop.terminate();
}

int loop_open(void (*terminate)(void)) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
    return -errno;
  signal(SIGPIPE, SIG_IGN);
  loop.terminate = terminate;
  loop.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (loop.epoll < 0)
    return -errno;
  loop.signals = (struct watch){.events = EPOLLIN, .ready = signalled};
  loop.signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return loop.signals.fd < 0 ? -errno : loop_add(&loop.signals);
}

int loop_run(void) {
  loop.running = true;
  while (loop.running) {
    int timeout = fire_due();
    if (!loop.running)
      break;
    int count = epoll_wait(loop.epoll, loop.batch, BATCH, timeout);
    if (count < 0 && errno != EINTR)
      return -errno;
    loop.batch_length = count < 0 ? 0 : count;
    for (int i = 0; i < loop.batch_length; i++) {
      struct watch *watch = loop.batch[i].data.ptr;
      if (watch != NULL)
        watch->ready(watch, loop.batch[i].events);
    }
    loop.batch_length = 0;
  }
  return 0;
}

void loop_stop(void) {
  loop.running = false;
}
