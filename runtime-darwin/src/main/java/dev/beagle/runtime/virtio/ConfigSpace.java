package dev.beagle.runtime.virtio;

/**
 * A device's configuration registers (virtio 1.2, section 2.5), which the driver only reads. Any
 * thread: one lock holds bytes and generation together, so that no read of a single field is torn.
 */
public final class ConfigSpace {
  private final byte[] registers;
  private int generation;
  private Runnable changed = () -> {};

  /**
   * @param registers little-endian; copied
   */
  public ConfigSpace(byte[] registers) {
    this.registers = registers.clone();
  }

  /** Zero beyond the end. */
  public synchronized long read(long offset, int sizeBytes) {
    long value = 0;
    for (int i = 0; i < sizeBytes && offset + i < registers.length; i++) {
      value |= (registers[(int) offset + i] & 0xFFL) << (8 * i);
    }
    return value;
  }

  /** Replaces fields, then tells the driver, if there is one. */
  public void update(int offset, byte[] bytes) {
    Runnable tell;
    synchronized (this) {
      System.arraycopy(bytes, 0, registers, offset, bytes.length);
      generation++;
      tell = changed;
    }
    tell.run();
  }

  /** Another number after each update; never goes back, not by a reset either. */
  public synchronized int generation() {
    return generation;
  }

  /** For the transport: what to run after an update, on the thread that made it. */
  public synchronized void onChange(Runnable changed) {
    this.changed = changed;
  }
}
