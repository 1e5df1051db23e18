/**
 * The few system calls that the JDK does not offer, by JNA; every declaration is in {@code
 * PosixAbi}. Calls here are short; what can block for long does not belong on a virtual thread.
 */
@NullMarked
package dev.beagle.runtime.posix;

import org.jspecify.annotations.NullMarked;
