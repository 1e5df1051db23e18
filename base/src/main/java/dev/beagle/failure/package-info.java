/**
 * The one vocabulary of what went wrong. Read {@link dev.beagle.failure.FailureKind} first: each
 * edge (gRPC, Docker HTTP, CLI) translates it once.
 */
@NullMarked
package dev.beagle.failure;

import org.jspecify.annotations.NullMarked;
