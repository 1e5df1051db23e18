/** Debian's package files: an ar archive with a compressed tar in it. */
@NullMarked
package dev.beagle.guestimage.deb;

import org.jspecify.annotations.NullMarked;
