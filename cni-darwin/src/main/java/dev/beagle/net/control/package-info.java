/**
 * The switch as a process: its main, its control socket, and the client that the daemon uses. Start
 * at {@link dev.beagle.net.control.SwitchClient}.
 */
@NullMarked
package dev.beagle.net.control;

import org.jspecify.annotations.NullMarked;
