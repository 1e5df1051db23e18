@NullMarked
package dev.beagle.image.reference;

import org.jspecify.annotations.NullMarked;
