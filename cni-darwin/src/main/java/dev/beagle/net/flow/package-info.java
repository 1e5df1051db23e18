/**
 * What identifies a flow, and the timers that flows live by. Start at {@link
 * dev.beagle.net.flow.TimerQueue}.
 */
@NullMarked
package dev.beagle.net.flow;

import org.jspecify.annotations.NullMarked;
