package dev.beagle.image.tar;

/**
 * What a tar stream may ask of us. A stream beyond a limit is refused, never cut.
 *
 * @param headers number of headers, the extension headers of pax and GNU included
 * @param extensionBytes size of one pax header, GNU long name or sparse map
 * @param pathBytes length of a path or of a link target
 */
public record TarLimits(long headers, int extensionBytes, int pathBytes) {
  /** What is beyond these no known tool can unpack: Linux takes paths up to 4,095 bytes. */
  public static final TarLimits DEFAULT = new TarLimits(16_000_000, 1 << 20, 4096);
}
