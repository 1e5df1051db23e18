/**
 * The endpoint that kubelet, crictl and critest are sent to for exec, attach and port forward. Read
 * {@link dev.beagle.node.streaming.StreamingServer} first, then {@code HttpUpgrade}, {@code
 * SpdyConnection} and the two sessions.
 */
@NullMarked
package dev.beagle.node.streaming;

import org.jspecify.annotations.NullMarked;
