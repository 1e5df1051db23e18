/**
 * virtio over memory-mapped registers (virtio 1.2, section 4.2, version 2). Begin with {@code
 * VirtioMmioTransport}.
 */
@NullMarked
package dev.beagle.runtime.virtio.mmio;

import org.jspecify.annotations.NullMarked;
