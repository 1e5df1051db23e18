/** Fixtures of the runtime: specs to start from, a world that runs in this JVM. */
@NullMarked
package dev.beagle.runtime.testing;

import org.jspecify.annotations.NullMarked;
