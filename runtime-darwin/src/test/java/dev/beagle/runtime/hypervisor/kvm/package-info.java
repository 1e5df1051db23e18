@NullMarked
package dev.beagle.runtime.hypervisor.kvm;

import org.jspecify.annotations.NullMarked;
