/** Tests of the embedded image. */
@NullMarked
package dev.beagle.node.embedded;

import org.jspecify.annotations.NullMarked;
