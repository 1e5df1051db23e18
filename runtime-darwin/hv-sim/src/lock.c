/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine lock: first come, first served. Only its holder executes guest
 * code or touches an engine; so exclusives, TLB broadcasts and code invalidation
 * are correct without Unicorn knowing that other CPUs exist. A vCPU that waits
 * ends the holder's slice after a while; calls from other threads do so at once.
 */
#include "hvsim.h"

#include <time.h>

#define SLICE_NS 500000 /* how long a runner may make others wait */

static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_cond = PTHREAD_COND_INITIALIZER;
static atomic_ulong turn_next, turn_serving;
static vcpu_t *turn_holder;
static atomic_bool turn_wanted; /* the holder has had its slice and others wait */

static void want_turn(void) {
  atomic_store(&turn_wanted, true);
  if (turn_holder)
    vcpu_poke(turn_holder);
}

void machine_lock(vcpu_t *v) {
  pthread_mutex_lock(&turn_lock);
  unsigned long ticket = turn_next++;
  while (turn_serving != ticket) {
    struct timespec t;
    if (!v)
      want_turn(); /* API calls do not wait for a slice to end */
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += SLICE_NS;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    if (pthread_cond_clockwait(&turn_cond, &turn_lock, CLOCK_MONOTONIC, &t))
      want_turn();
  }
  turn_holder = v;
  atomic_store(&turn_wanted, false); /* every turn makes progress before it can end */
  pthread_mutex_unlock(&turn_lock);
}

void machine_unlock(void) {
  pthread_mutex_lock(&turn_lock);
  turn_holder = NULL;
  turn_serving++;
  pthread_cond_broadcast(&turn_cond);
  pthread_mutex_unlock(&turn_lock);
}

/* Does somebody wait for the caller, who holds the lock, to let go? */
bool machine_has_waiters(void) {
  return atomic_load(&turn_next) > atomic_load(&turn_serving) + 1;
}

/* Has somebody waited long enough? */
bool machine_turn_is_over(void) {
  return atomic_load(&turn_wanted);
}
