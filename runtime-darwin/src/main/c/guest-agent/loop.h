#ifndef BEAGLE_LOOP_H
#define BEAGLE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor whose readiness is wanted. The owner keeps the struct until loop_remove. */
struct watch {
  int fd;
  uint32_t events;
  void (*ready)(struct watch *watch, uint32_t events);
  bool added;
};

/* Fires once. The owner keeps the struct until it fired or timer_stop. */
struct timer {
  int64_t due; /* monotonic nanoseconds */
  void (*fire)(struct timer *timer);
  struct timer *next;
  bool running;
};

/* A process whose end is wanted; `status` as of waitpid. */
struct child {
  pid_t pid;
  void (*ended)(struct child *child, int status);
  struct child *next;
};

/* Blocks SIGCHLD, SIGTERM and SIGINT for good. `terminate` is called on the latter two. */
int loop_open(void (*terminate)(void));
int loop_run(void); /* until loop_stop; 0 or a negative errno */
void loop_stop(void);

int loop_add(struct watch *watch);
int loop_change(struct watch *watch,
                uint32_t events);      /* adds when not added; 0 events keeps errors and hangups */
void loop_remove(struct watch *watch); /* harmless when not added */

void timer_start(struct timer *timer, int64_t nanoseconds); /* from now; restarts one that runs */
void timer_stop(struct timer *timer);

void child_add(struct child *child);
/* For a process that somebody else forked and that we inherited: it may have been reaped before its pid was
 * known. */
void child_adopt(struct child *child);
void child_remove(struct child *child);
/* While at least one hold is on, ends of unknown processes are remembered for child_adopt. */
void children_hold(void);
void children_release(void);

int64_t monotonic_now(void); /* nanoseconds */
int64_t wall_now(void);      /* nanoseconds since the epoch */

#endif
