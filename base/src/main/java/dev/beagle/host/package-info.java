/** The computer that we run on: the only place that asks which system and processor it has. */
@NullMarked
package dev.beagle.host;

import org.jspecify.annotations.NullMarked;
