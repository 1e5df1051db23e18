/**
 * What all virtio 1.2 devices share: {@link dev.beagle.runtime.virtio.VirtioDevice} is one, {@link
 * dev.beagle.runtime.virtio.Virtqueue} the device's side of a split ring.
 *
 * <p>To write a device: a package {@code runtime.virtio.KIND} with a {@code …Device} that says its
 * {@link dev.beagle.runtime.virtio.VirtioTraits}, keeps the {@link
 * dev.beagle.runtime.virtio.ActiveQueues} it was activated with, and answers in {@code process}: by
 * {@code serve} where each request is answered at once, else by {@code poll}, {@code complete},
 * {@code tellDriver} and, before it returns, {@code awaitKick}, going on while that is true. Events
 * of the host call {@code wake} only; the work is done in {@code process}, on the device's one
 * thread. Read what the guest wrote once, as a stream of bytes whatever the descriptors' borders;
 * bound what a request may cost. Its test extends {@code VirtioDeviceContract}, or {@code
 * VirtioRequestContract} where each request is answered by itself. {@code entropy} is the smallest
 * example.
 */
@NullMarked
package dev.beagle.runtime.virtio;

import org.jspecify.annotations.NullMarked;
