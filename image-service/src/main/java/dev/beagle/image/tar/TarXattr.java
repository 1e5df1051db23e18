package dev.beagle.image.tar;

/**
 * One extended attribute, from a pax record {@code SCHILY.xattr.NAME}. Immutable; the arrays are
 * not copied and must not be changed.
 */
public final class TarXattr {
  private final byte[] name;
  private final byte[] value;

  public TarXattr(byte[] name, byte[] value) {
    this.name = name;
    this.value = value;
  }

  /** The full name with its namespace, for instance {@code security.capability}. */
  public byte[] name() {
    return name;
  }

  public byte[] value() {
    return value;
  }
}
