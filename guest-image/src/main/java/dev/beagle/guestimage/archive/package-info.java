/**
 * Debian's archive: its signed index, its packages, and what of both was downloaded before. Read\n
 * * {@link dev.beagle.guestimage.archive.DebianArchive} first.
 */
@NullMarked
package dev.beagle.guestimage.archive;

import org.jspecify.annotations.NullMarked;
