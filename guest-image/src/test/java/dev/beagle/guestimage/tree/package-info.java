/** Tests of this package. */
@NullMarked
package dev.beagle.guestimage.tree;

import org.jspecify.annotations.NullMarked;
