/**
 * The image that comes with the product, for a first pod without a registry: {@link
 * dev.beagle.node.embedded.EmbeddedImage}.
 */
@NullMarked
package dev.beagle.node.embedded;

import org.jspecify.annotations.NullMarked;
