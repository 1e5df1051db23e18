@NullMarked
package dev.beagle.image.registry;

import org.jspecify.annotations.NullMarked;
