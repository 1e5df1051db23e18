/**
 * The daemon's side of the guest agent's protocol ({@code src/main/c/guest-agent/PROTOCOL.md}).
 * Read {@link dev.beagle.runtime.guest.GuestAgent} first.
 */
@NullMarked
package dev.beagle.runtime.guest;

import org.jspecify.annotations.NullMarked;
