@NullMarked
package dev.beagle.runtime.hypervisor;

import org.jspecify.annotations.NullMarked;
