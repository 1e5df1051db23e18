/**
 * Worlds: the Linux that a guest agent runs in, and the kinds of sandbox that can make one. Read
 * {@link dev.beagle.runtime.world.SandboxKind} first.
 */
@NullMarked
package dev.beagle.runtime.world;

import org.jspecify.annotations.NullMarked;
