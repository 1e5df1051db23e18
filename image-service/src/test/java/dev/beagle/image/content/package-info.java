@NullMarked
package dev.beagle.image.content;

import org.jspecify.annotations.NullMarked;
