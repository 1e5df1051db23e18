#ifndef BEAGLE_HANDOVER_H
#define BEAGLE_HANDOVER_H

/* Descriptors that the daemon handed over and no request has taken yet. */

/* Owns the descriptor when it returns 0. -EEXIST, -ENFILE, -ENOMEM. */
int handover_store(const char *name, int fd);
/* The caller's from now on; -ENOENT. */
int handover_take(const char *name);
void handover_close_all(void); /* the control connection ended */

#endif
