/** Holds the generated CRI types against the interface's table. */
@NullMarked
package dev.beagle.cri;

import org.jspecify.annotations.NullMarked;
