#ifndef BEAGLE_DIAL_H
#define BEAGLE_DIAL_H

#include "channel.h"

/* Answers `caller` when it returns 0. */
int dial_port(struct caller caller, const struct connect_request *request, struct failure *failure);

#endif
