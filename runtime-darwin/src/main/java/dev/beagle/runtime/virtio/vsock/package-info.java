/**
 * Stream sockets between host and guest (virtio 1.2, section 5.10). Begin with {@link
 * dev.beagle.runtime.virtio.vsock.VsockDevice}, which joins rings and sockets; what it does with
 * packets is {@code VsockConnections}, a state machine that knows neither.
 */
@NullMarked
package dev.beagle.runtime.virtio.vsock;

import org.jspecify.annotations.NullMarked;
