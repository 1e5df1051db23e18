/**
 * What {@code beagle doctor} looks at: {@link dev.beagle.node.doctor.Doctor} runs the checks, each
 * of which says what it found and, where something is missing, the way out.
 */
@NullMarked
package dev.beagle.node.doctor;

import org.jspecify.annotations.NullMarked;
