/**
 * The sockets of the host that flows leave through, as a seam. Start at {@link
 * dev.beagle.net.host.HostSockets}.
 */
@NullMarked
package dev.beagle.net.host;

import org.jspecify.annotations.NullMarked;
