package dev.beagle.runtime.machine;

/**
 * The identification registers at the end of the 4 KiB of each of Arm's PrimeCell devices.
 *
 * @param part the device's own four bytes, the first register in the lowest
 */
record PrimeCell(int part) {
  static final PrimeCell PL011 = new PrimeCell(0x00_34_10_11);
  static final PrimeCell PL031 = new PrimeCell(0x00_04_10_31);

  /** The same for all PrimeCells. */
  private static final int CLASS = 0xb1_05_f0_0d;

  private static final long PART_AT = 0xfe0;
  private static final long CLASS_AT = 0xff0;

  /** Zero where no identification stands. */
  int read(long offset) {
    if (offset < PART_AT || offset % Integer.BYTES != 0) {
      return 0;
    }
    int four = offset < CLASS_AT ? part : CLASS;
    return (four >>> (2 * (int) (offset % 16))) & 0xff;
  }
}
