package dev.beagle.runtime.launch;

import dev.beagle.runtime.machine.Machine;
import dev.beagle.runtime.virtio.fs.Export;
import dev.beagle.runtime.virtio.net.NetDevice;

/** What requests of the control socket act on. */
record MachineParts(Machine machine, NetDevice card, Export export, GuestLogs logs) {}
