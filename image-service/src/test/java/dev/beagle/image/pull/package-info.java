@NullMarked
package dev.beagle.image.pull;

import org.jspecify.annotations.NullMarked;
