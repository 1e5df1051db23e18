@NullMarked
package dev.beagle.runtime.oci;

import org.jspecify.annotations.NullMarked;
