#ifndef BEAGLE_EXEC_H
#define BEAGLE_EXEC_H

#include "container.h"

/* Answers `caller` when it returns 0. */
int exec_start(struct caller caller, const struct exec_request *request, struct failure *failure);
struct exec *exec_find(struct container *container, const char *id);

#endif
