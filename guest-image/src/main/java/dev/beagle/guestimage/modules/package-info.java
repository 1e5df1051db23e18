/** Kernel modules: what they need, and the tables by which modprobe finds them (pure). */
@NullMarked
package dev.beagle.guestimage.modules;

import org.jspecify.annotations.NullMarked;
