/**
 * Which images are here and under which names, kept on disk through crashes; what keeps them from
 * the collector; and the collector. Read {@link dev.beagle.image.catalog.Catalog} first.
 */
@NullMarked
package dev.beagle.image.catalog;

import org.jspecify.annotations.NullMarked;
