/**
 * Blobs by digest on disk: manifests, indexes and configs. Read {@link
 * dev.beagle.image.content.ContentStore} first.
 */
@NullMarked
package dev.beagle.image.content;

import org.jspecify.annotations.NullMarked;
