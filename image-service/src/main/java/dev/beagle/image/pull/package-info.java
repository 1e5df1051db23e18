/**
 * From a name to an image whose layers are here: resolve, fetch in parallel, verify, convert; and
 * the facade that adapters use. Read {@link dev.beagle.image.pull.Images} first, then {@code
 * ImageAssembly} and {@code LayerFetcher}.
 */
@NullMarked
package dev.beagle.image.pull;

import org.jspecify.annotations.NullMarked;
