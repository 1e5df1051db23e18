@NullMarked
package dev.beagle.image.catalog;

import org.jspecify.annotations.NullMarked;
