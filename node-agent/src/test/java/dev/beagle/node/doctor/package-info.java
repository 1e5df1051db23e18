/** Tests of the checks on simulated hosts. */
@NullMarked
package dev.beagle.node.doctor;

import org.jspecify.annotations.NullMarked;
