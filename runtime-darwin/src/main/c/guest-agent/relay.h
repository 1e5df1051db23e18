#ifndef BEAGLE_RELAY_H
#define BEAGLE_RELAY_H

#include "wire.h"

/*
 * Joins a connected, non-blocking socket to the stream with this token, both ways and with half-closing,
 * until both have ended. Owns the socket, also when it fails (as ticket_issue, -ENOMEM).
 */
int relay_open(int socket, const struct bytes *token);

#endif
