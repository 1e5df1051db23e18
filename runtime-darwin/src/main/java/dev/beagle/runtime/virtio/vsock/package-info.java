/**
 * Stream sockets between host and guest (virtio 1.2, section 5.10). Begin with {@link
 * dev.beagle.runtime.virtio.vsock.VsockConnections}, the state machine, which knows neither rings
 * nor threads.
 */
@NullMarked
package dev.beagle.runtime.virtio.vsock;

import org.jspecify.annotations.NullMarked;
