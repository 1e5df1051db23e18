#ifndef BEAGLE_PROCESS_H
#define BEAGLE_PROCESS_H

#include "channel.h"
#include "input.h"
#include "output.h"
#include "runtime.h"

/*
 * A process that the OCI runtime starts for us, the container's own or an exec's, with its stdio. It goes
 * from prepared (streams exist) over started (pid known) to complete (ended, and its output read to the end).
 */
struct process {
  struct runtime_call call; /* of create or exec */
  struct caller caller;     /* of that request */
  struct child child;
  struct timer drain;
  struct output *outputs[2];
  struct input *input;
  int terminal; /* for the size; -1 without one */
  int listener; /* where the runtime sends the terminal; -1 */
  char console[RUNTIME_PATH];
  bool pending;  /* a call of the runtime for it is under way */
  bool ended;    /* reaped, or it never came to be */
  bool complete; /* `completed` was called */
  unsigned open; /* outputs that have not ended */
  int code;      /* 128 + n for signal n */
  int64_t ended_at;
  /* At the end of the process itself; then when its output was read, too. */
  void (*on_end)(struct process *process);
  void (*completed)(struct process *process);
};

/* Which of its stdio a process gets. */
struct process_stdio {
  bool input;
  bool input_closes;
  bool input_closes_unused;
  bool outputs[2];
  bool tty;
  const char *console; /* path for the terminal's socket */
  struct log *log;
};

/*
 * Makes the streams. `stdio` gets what the runtime is to be started with, to be closed by
 * process_close_stdio. After an error the process is empty again.
 */
int process_prepare(struct process *process, const struct process_stdio *wanted, int stdio[3]);
void process_close_stdio(int stdio[3]);
/* The runtime has started it: takes the terminal, if any, and waits for its end. */
int process_started(struct process *process, pid_t pid);
/* Reads what is left and completes after two seconds, whoever still holds the other ends. */
void process_drain(struct process *process);
/* Completes it when nothing is left to wait for. */
void process_check(struct process *process);
/* Frees its streams; the struct is the owner's. */
void process_clear(struct process *process);

int process_resize(struct process *process, unsigned columns, unsigned rows);

#endif
