package dev.beagle.runtime.machine;

import dev.beagle.runtime.bus.MmioDevice;
import dev.beagle.runtime.hypervisor.InterruptLine;

/**
 * Arm's PL011 (DDI 0183) as a console of the time before drivers for virtio are there: output only,
 * taken at once, so that the transmitter is always empty. Guarded by itself.
 */
final class Pl011 implements MmioDevice {
  private static final int DATA = 0x00;
  private static final int FLAGS = 0x18;
  private static final int INTEGER_BAUD = 0x24;
  private static final int FRACTIONAL_BAUD = 0x28;
  private static final int LINE_CONTROL = 0x2c;
  private static final int CONTROL = 0x30;
  private static final int FIFO_LEVELS = 0x34;
  private static final int MASK = 0x38;
  private static final int RAW_STATUS = 0x3c;
  private static final int MASKED_STATUS = 0x40;
  private static final int CLEAR = 0x44;

  private static final int TRANSMITTER_EMPTY = 1 << 7;
  private static final int RECEIVER_EMPTY = 1 << 4;
  private static final int TRANSMIT_INTERRUPT = 1 << 5;

  private final ConsoleOutput output;
  private final InterruptLine interrupt;
  private final int[] settings = new int[FIFO_LEVELS / 4 + 1];
  private int mask;
  private int pending;

  Pl011(ConsoleOutput output, InterruptLine interrupt) {
    this.output = output;
    this.interrupt = interrupt;
  }

  @Override
  public synchronized long read(long offset, int sizeBytes) {
    return switch ((int) offset) {
      case FLAGS -> TRANSMITTER_EMPTY | RECEIVER_EMPTY;
      case INTEGER_BAUD, FRACTIONAL_BAUD, LINE_CONTROL, CONTROL, FIFO_LEVELS ->
          settings[(int) offset / 4];
      case MASK -> mask;
      case RAW_STATUS -> pending;
      case MASKED_STATUS -> pending & mask;
      default -> PrimeCell.PL011.read(offset);
    };
  }

  @Override
  public synchronized void write(long offset, int sizeBytes, long value) {
    switch ((int) offset) {
      case DATA -> {
        output.accept((byte) value);
        pending |= TRANSMIT_INTERRUPT; // it was full for no time
      }
      case INTEGER_BAUD, FRACTIONAL_BAUD, LINE_CONTROL, CONTROL, FIFO_LEVELS ->
          settings[(int) offset / 4] = (int) value & 0xffff;
      case MASK -> mask = (int) value & 0x7ff;
      case CLEAR -> pending &= (int) ~value;
      default -> {
        return; // no register, or read-only: as the hardware does
      }
    }
    if ((pending & mask) != 0) {
      interrupt.raise();
    } else {
      interrupt.lower();
    }
  }
}
