/**
 * The archive that a kernel unpacks as its first root (pure but for the stream that it writes to).
 */
@NullMarked
package dev.beagle.guestimage.cpio;

import org.jspecify.annotations.NullMarked;
