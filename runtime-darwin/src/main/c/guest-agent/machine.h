#ifndef BEAGLE_MACHINE_H
#define BEAGLE_MACHINE_H

#include <stdbool.h>

#include "failure.h"

/* Whether this is the init of a virtual machine, and not an agent on a host. */
bool machine_is(void);

/*
 * As PID 1 of an initramfs: mounts what Linux offers, loads the drivers, and makes the root that PROTOCOL.md
 * describes out of the initramfs itself. A machine without an export, or without a scratch disk, does
 * without.
 */
int machine_enter(struct failure *failure);

/* The socket that the host connects to; a negative errno. */
int machine_listen(struct failure *failure);

/* Whether who connected is the host, and not a process in a container. */
bool machine_is_host(int fd);

/* Moves the machine's network card into the calling thread's network namespace, once, under a name. `world`
 * is a netlink socket of the namespace that the machine was started in. */
int machine_take_card(int world, const char *name);

/* Makes /folders/NAME of an entry of the export, a file or a folder; of a layer's image what is in it. */
int machine_attach_entry(const char *entry, const char *target, bool read_only);
int machine_attach_layer(const char *entry, const char *target);
/* Makes it of the scratch disk: an empty folder with "upper" and "work"; machine_discard deletes it again. */
int machine_attach_scratch(const char *name, const char *target);
void machine_discard(const char *name);

/* Writes back and turns the machine off. */
_Noreturn void machine_off(void);

#endif
