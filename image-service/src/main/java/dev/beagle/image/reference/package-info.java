/**
 * Names of images, digests, media types and platforms: values that can only be valid. Pure. Read
 * {@link dev.beagle.image.reference.Reference} first.
 */
@NullMarked
package dev.beagle.image.reference;

import org.jspecify.annotations.NullMarked;
