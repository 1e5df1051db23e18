/**
 * Layers of images as EROFS files in a folder, each made once while it streams in and found by its
 * diff id; and single files read out of a stack of them without a mount. Read {@link
 * dev.beagle.image.layer.LayerStore} first.
 */
@NullMarked
package dev.beagle.image.layer;

import org.jspecify.annotations.NullMarked;
