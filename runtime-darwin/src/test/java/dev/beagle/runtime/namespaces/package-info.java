@NullMarked
package dev.beagle.runtime.namespaces;

import org.jspecify.annotations.NullMarked;
