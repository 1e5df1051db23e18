/** Tests of the calls of libc. */
@NullMarked
package dev.beagle.runtime.posix;

import org.jspecify.annotations.NullMarked;
