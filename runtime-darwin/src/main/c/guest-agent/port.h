#ifndef BEAGLE_PORT_H
#define BEAGLE_PORT_H

/* Starts to carry frames between a TAP (owned, non-blocking, with 12-byte headers) and the switch, in a
 * thread of its own. Names are copied. -errno; the TAP is closed then. */
int port_open(int tap, const char *name, const char *token);
/* Ends the thread and closes the TAP; harmless when nothing is open. */
void port_close(void);

#endif
