/** What is read of ELF files: interpreter, needed libraries, sections (pure). */
@NullMarked
package dev.beagle.guestimage.elf;

import org.jspecify.annotations.NullMarked;
