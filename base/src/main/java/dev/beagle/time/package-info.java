/** Time as something passed in: the only place that reads a clock or sleeps. */
@NullMarked
package dev.beagle.time;

import org.jspecify.annotations.NullMarked;
