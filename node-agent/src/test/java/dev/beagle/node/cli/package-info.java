/** Tests of the commands against a simulated daemon. */
@NullMarked
package dev.beagle.node.cli;

import org.jspecify.annotations.NullMarked;
