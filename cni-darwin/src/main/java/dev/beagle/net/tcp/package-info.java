/**
 * One end of a TCP connection as a function of segments and time; pure. Start at {@link
 * dev.beagle.net.tcp.TcpEndpoint}.
 */
@NullMarked
package dev.beagle.net.tcp;

import org.jspecify.annotations.NullMarked;
