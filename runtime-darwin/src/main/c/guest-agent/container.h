#ifndef BEAGLE_CONTAINER_H
#define BEAGLE_CONTAINER_H

#include "mount.h"
#include "process.h"

enum { NAME_ROOM = 129 };

struct container;

/* An exec in a container. */
struct exec {
  struct process process; /* first */
  struct container *container;
  struct exec *next;
  struct timer timeout;
  bool timed_out;
  char id[NAME_ROOM];
};

struct container {
  struct process process; /* first: its own */
  struct container *next;
  struct exec *execs;
  enum container_state state;
  const char *busy; /* the runtime's verb that is under way for it, NULL for none */
  bool deleting;
  bool oom_killed;
  pid_t started_pid; /* what start answers: the process may end before the runtime has said that it began */
  int64_t started_at;
  struct caller caller; /* of start and delete */
  struct runtime_call call;
  struct failure failure; /* why create failed, while that is cleaned up */
  struct log *log;
  bool stdin_once;
  char *cgroup;
  char id[NAME_ROOM];
  char bundle[NAME_ROOM + 16];
};

/* Requests: each answers `caller` itself when it returns 0, and has changed nothing when it does not. */
int container_create(struct caller caller, const struct create_container *request, struct failure *failure);
int container_start(struct caller caller, const struct container_name *request, struct failure *failure);
int container_signal(struct caller caller, const struct signal_request *request, struct failure *failure);
int container_delete(struct caller caller, const struct container_name *request, struct failure *failure);
int container_attach(struct caller caller, const struct attach_request *request, struct failure *failure);
int container_resize(struct caller caller, const struct resize_request *request, struct failure *failure);
int container_reopen_log(struct caller caller, const struct reopen_log *request, struct failure *failure);
int container_usage_all(struct caller caller, const struct usage_request *request, struct failure *failure);

struct container *container_find(const char *id);
struct container *container_first(void);
/* Starts to delete every container, as if asked to; `emptied` is called when none is left, perhaps at once.
 */
void container_delete_all(void (*emptied)(void));
/* Something ended: goes on with what waited for it. */
void container_progress(struct container *container);

#endif
