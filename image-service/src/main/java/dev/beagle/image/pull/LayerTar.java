package dev.beagle.image.pull;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.MediaType.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;

/**
 * A layer's tar, unpacked as it is read. Its end is reported only once the packed layer's size and
 * digest have proved right. Reads throw {@link Failure}s only: CORRUPTED, UNSUPPORTED for a zstd
 * window that is too large, EXHAUSTED for a tar above the limit or a disk that is nearly full, and
 * what the source throws. Confined to one thread.
 */
final class LayerTar extends InputStream {
  private static final int MAGIC = 4;

  /**
   * Memory that a zstd frame may ask for, as a power of two: as much as the zstd program grants.
   */
  private static final int MAX_WINDOW_LOG = 27;

  private final Digest layer;
  private final VerifiedStream packed;
  private final InputStream unpacked;
  private final long limitBytes;
  private final DiskFloor floor;
  private long position;
  private long nextCheck = DiskFloor.STEP_BYTES;

  private LayerTar(
      Digest layer, VerifiedStream packed, InputStream unpacked, long limitBytes, DiskFloor floor) {
    this.layer = layer;
    this.packed = packed;
    this.unpacked = unpacked;
    this.limitBytes = limitBytes;
    this.floor = floor;
  }

  /**
   * @param packed closed by this stream, also where opening fails
   * @param limitBytes of the tar
   * @param floor checked as the tar is read, which is written about as long as it is
   */
  static LayerTar open(VerifiedStream packed, Descriptor layer, long limitBytes, DiskFloor floor) {
    try {
      PushbackInputStream peekable = new PushbackInputStream(packed, MAGIC);
      byte[] magic = peekable.readNBytes(MAGIC);
      peekable.unread(magic);
      InputStream unpacked =
          switch (compression(layer, magic)) {
            case NONE -> peekable;
            case GZIP -> new GzipStream(peekable);
            case ZSTD -> new ZstdInputStreamNoFinalizer(peekable).setLongMax(MAX_WINDOW_LOG);
          };
      return new LayerTar(layer.digest(), packed, unpacked, limitBytes, floor);
    } catch (IOException | RuntimeException error) {
      try (packed) {
        throw error instanceof Failure failure ? failure : unusable(layer.digest(), error);
      } catch (IOException closing) {
        throw unusable(layer.digest(), closing);
      }
    }
  }

  /** The content decides; a type that promises another compression makes it unusable. */
  private static Compression compression(Descriptor layer, byte[] magic) {
    Compression promised = layer.mediaType().layerCompression().orElse(Compression.NONE);
    Compression found = Compression.NONE;
    if (startsWith(magic, 0x1f, 0x8b, 0x08)) {
      found = Compression.GZIP;
    } else if (startsWith(magic, 0x28, 0xb5, 0x2f, 0xfd) || isSkippableFrame(magic)) {
      found = Compression.ZSTD;
    }
    // Docker's plain type was long used for packed layers too.
    if (promised != Compression.NONE && found != promised) {
      throw Failure.corrupted(
          "layer %s is of type %s, but its content is not"
              .formatted(layer.digest(), layer.mediaType()));
    }
    return found;
  }

  private static boolean isSkippableFrame(byte[] magic) {
    return magic.length == MAGIC
        && (magic[0] & 0xf0) == 0x50
        && startsWith(new byte[] {magic[1], magic[2], magic[3]}, 0x2a, 0x4d, 0x18);
  }

  private static boolean startsWith(byte[] bytes, int... expected) {
    if (bytes.length < expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if ((bytes[i] & 0xff) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    try {
      int count = unpacked.read(target, offset, length);
      if (count < 0) {
        readToEnd();
        return -1;
      }
      position += count;
      if (position > limitBytes) {
        throw Failure.exhausted(
            "layer %s unpacks to more than the %d bytes that are allowed"
                .formatted(layer, limitBytes));
      }
      if (position >= nextCheck) {
        floor.check("layer " + layer);
        nextCheck = position + DiskFloor.STEP_BYTES;
      }
      return count;
    } catch (IOException error) {
      throw unusable(layer, error);
    }
  }

  /** An unpacker may stop before the packed stream does; the rest counts for the digest. */
  private void readToEnd() throws IOException {
    byte[] rest = new byte[8192];
    int count;
    do {
      count = packed.read(rest, 0, rest.length);
    } while (count >= 0);
  }

  private static Failure unusable(Digest layer, Exception error) {
    if (error instanceof ZstdIOException zstd
        && zstd.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
      return Failure.unsupported(
          "layer %s needs a zstd window of more than %d MiB to unpack: pack it without --long"
              .formatted(layer, 1 << (MAX_WINDOW_LOG - 20)));
    }
    return Failure.corrupted("layer " + layer + " is unusable: " + error.getMessage(), error);
  }

  @Override
  public void close() {
    try {
      unpacked.close();
    } catch (IOException error) {
      throw unusable(layer, error);
    }
  }
}
