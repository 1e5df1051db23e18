@NullMarked
package dev.beagle.runtime.hypervisor.hvf;

import org.jspecify.annotations.NullMarked;
