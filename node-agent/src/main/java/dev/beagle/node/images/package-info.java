/** The joint between the image service and those who use it: the core and the CRI. */
@NullMarked
package dev.beagle.node.images;

import org.jspecify.annotations.NullMarked;
