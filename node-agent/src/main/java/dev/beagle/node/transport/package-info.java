/**
 * What both ends of a streaming connection are made of: the blocking ends of a stream over an event
 * loop that carries it, what bounds the bytes in between, and SPDY's codec. The server is in {@code
 * node.streaming}, the client in {@code node.client}.
 */
@NullMarked
package dev.beagle.node.transport;

import org.jspecify.annotations.NullMarked;
