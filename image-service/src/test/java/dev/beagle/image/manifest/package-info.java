@NullMarked
package dev.beagle.image.manifest;

import org.jspecify.annotations.NullMarked;
