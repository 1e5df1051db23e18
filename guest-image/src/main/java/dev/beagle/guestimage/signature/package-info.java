/** OpenPGP signatures of Debian's archive. Bouncy Castle stays in here. */
@NullMarked
package dev.beagle.guestimage.signature;

import org.jspecify.annotations.NullMarked;
