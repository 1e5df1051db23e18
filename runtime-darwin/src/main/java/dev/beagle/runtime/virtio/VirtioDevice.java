package dev.beagle.runtime.virtio;

/**
 * One virtio device, without transport and without a thread of its own. The transport calls {@link
 * #activate} and {@link #reset} in turns, while no {@link #process} runs; {@link #traits} and
 * {@link #config} any thread may ask.
 */
public interface VirtioDevice {
  VirtioTraits traits();

  /** Always the same object. */
  ConfigSpace config();

  /** The driver is ready. Every queue is processed once afterwards, kicked or not. */
  void activate(ActiveQueues queues);

  /**
   * Always the device's worker thread: the driver kicked this queue, or {@link ActiveQueues#wake}
   * was called for it. Must come back in bounded time without the guest's help, for a vCPU that
   * resets the device waits for it.
   *
   * @throws dev.beagle.runtime.memory.GuestViolation the device is then dead until its reset
   */
  void process(int queue);

  /**
   * Forgets the queues and what belongs to this driver. The worker has ended; once this returns
   * nothing may touch guest memory. Comes also where {@link #activate} never did.
   */
  void reset();
}
