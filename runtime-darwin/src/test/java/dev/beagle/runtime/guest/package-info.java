/** Tests of the guest agent's protocol. */
@NullMarked
package dev.beagle.runtime.guest;

import org.jspecify.annotations.NullMarked;
