/**
 * The EROFS format: a one-pass writer of uncompressed layer images from tar entries and a
 * random-access reader that survives hostile images. Touches only the channel it is given. Read
 * {@link dev.beagle.image.erofs.ErofsWriter} and {@link dev.beagle.image.erofs.ErofsReader} first;
 * the names of fields are those of Linux, {@code fs/erofs/erofs_fs.h}.
 */
@NullMarked
package dev.beagle.image.erofs;

import org.jspecify.annotations.NullMarked;
