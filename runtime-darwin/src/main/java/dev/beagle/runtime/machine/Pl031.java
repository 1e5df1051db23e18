package dev.beagle.runtime.machine;

import dev.beagle.runtime.bus.MmioDevice;
import dev.beagle.time.Time;

/**
 * Arm's PL031 (DDI 0224): the wall clock in seconds. It is read anew each time, so that a guest
 * finds the right time after the host slept. No alarms. Guarded by itself.
 */
final class Pl031 implements MmioDevice {
  private static final int DATA = 0x00;
  private static final int MATCH = 0x04;
  private static final int LOAD = 0x08;
  private static final int CONTROL = 0x0c;
  private static final int RUNNING = 1;

  private final Time time;

  /** What the guest set the clock ahead by, for itself. */
  private int aheadSeconds;

  private int match;
  private int loaded;

  Pl031(Time time) {
    this.time = time;
  }

  private int hostSeconds() {
    return (int) time.now().getEpochSecond(); // 32 bits, as the hardware has, until 2106
  }

  @Override
  public synchronized long read(long offset, int sizeBytes) {
    return switch ((int) offset) {
      case DATA -> Integer.toUnsignedLong(hostSeconds() + aheadSeconds);
      case MATCH -> Integer.toUnsignedLong(match);
      case LOAD -> Integer.toUnsignedLong(loaded);
      case CONTROL -> RUNNING;
      default -> PrimeCell.PL031.read(offset);
    };
  }

  @Override
  public synchronized void write(long offset, int sizeBytes, long value) {
    switch ((int) offset) {
      case MATCH -> match = (int) value;
      case LOAD -> {
        loaded = (int) value;
        aheadSeconds = loaded - hostSeconds();
      }
      default -> {} // no register, or of alarms
    }
  }
}
