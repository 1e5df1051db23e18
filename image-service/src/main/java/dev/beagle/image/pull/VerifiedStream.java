package dev.beagle.image.pull;

import dev.beagle.failure.Failure;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.function.LongConsumer;

/**
 * Reports the end of a blob only once its size and digest have proved right; otherwise that read is
 * CORRUPTED. Confined to one thread.
 */
final class VerifiedStream extends FilterInputStream {
  private final Descriptor blob;
  private final MessageDigest hash;
  private final LongConsumer progress;
  private long position;
  private boolean verified;

  /**
   * @param progress is told the position after each read
   */
  VerifiedStream(InputStream in, Descriptor blob, LongConsumer progress) {
    super(in);
    this.blob = blob;
    this.hash = blob.digest().algorithm().newHash();
    this.progress = progress;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = in.read(target, offset, length);
    if (count < 0) {
      verify();
      return -1;
    }
    position += count;
    if (position > blob.size()) {
      throw Failure.corrupted(
          "blob %s is longer than the %d bytes its manifest says"
              .formatted(blob.digest(), blob.size()));
    }
    hash.update(target, offset, count);
    progress.accept(position);
    return count;
  }

  private void verify() {
    if (verified) {
      return;
    }
    if (position != blob.size()) {
      throw Failure.corrupted(
          "blob %s has %d bytes where its manifest says %d"
              .formatted(blob.digest(), position, blob.size()));
    }
    Digest found = Digest.ofHash(blob.digest().algorithm(), hash.digest());
    if (!found.equals(blob.digest())) {
      throw Failure.corrupted("blob %s came with digest %s".formatted(blob.digest(), found));
    }
    verified = true;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
