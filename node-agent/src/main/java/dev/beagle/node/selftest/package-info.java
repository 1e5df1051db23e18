/**
 * {@code beagle test}: runs the source tree's tests through Maven and sums up what the reports say.
 * Read {@link dev.beagle.node.selftest.TestRun} first.
 */
@NullMarked
package dev.beagle.node.selftest;

import org.jspecify.annotations.NullMarked;
