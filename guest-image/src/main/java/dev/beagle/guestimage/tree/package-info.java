/** File trees in memory: what packages have in them and what guests get (pure). */
@NullMarked
package dev.beagle.guestimage.tree;

import org.jspecify.annotations.NullMarked;
