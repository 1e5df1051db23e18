/**
 * What a micro-VM boots, made of Debian's packages: kernel, initramfs, scratch disk and a manifest.
 * A\n * program of its own; read {@link dev.beagle.guestimage.GuestImageMain} first, then {@code\n
 * * GuestImageBuilder}.
 */
@NullMarked
package dev.beagle.guestimage;

import org.jspecify.annotations.NullMarked;
