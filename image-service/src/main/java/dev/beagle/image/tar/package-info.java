/**
 * Reads tar streams of container layers: ustar, GNU and pax, with raw name bytes, bounded on
 * hostile input; touches only the stream it is given. Read {@link dev.beagle.image.tar.TarReader}
 * first.
 */
@NullMarked
package dev.beagle.image.tar;

import org.jspecify.annotations.NullMarked;
