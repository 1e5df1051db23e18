/** Tests of the test runner's sums. */
@NullMarked
package dev.beagle.node.selftest;

import org.jspecify.annotations.NullMarked;
