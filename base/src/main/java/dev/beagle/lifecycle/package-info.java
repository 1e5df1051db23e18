/** Owning things that must be closed, and running several tasks as one. */
@NullMarked
package dev.beagle.lifecycle;

import org.jspecify.annotations.NullMarked;
