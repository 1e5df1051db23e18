/**
 * The one thread of a segment: a selector, timers, posted commands, and host sockets on it. Start
 * at {@link dev.beagle.net.loop.EventLoop}.
 */
@NullMarked
package dev.beagle.net.loop;

import org.jspecify.annotations.NullMarked;
