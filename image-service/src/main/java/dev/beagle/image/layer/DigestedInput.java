package dev.beagle.image.layer;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.ZipException;

/**
 * A stream that is digested as it is read, and whose errors are told apart from those of our disk:
 * here they become a {@link Failure}.
 */
final class DigestedInput extends InputStream {
  private final InputStream in;
  private final MessageDigest digest;

  DigestedInput(InputStream in) {
    this.in = in;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int from, int length) {
    try {
      int n = in.read(target, from, length);
      if (n > 0) {
        digest.update(target, from, n);
      }
      return n;
    } catch (ZipException | EOFException error) {
      throw Failure.corrupted("layer's compressed data are damaged: " + error.getMessage(), error);
    } catch (IOException error) {
      if (Thread.currentThread().isInterrupted()) {
        throw Failure.of(FailureKind.CANCELLED, "interrupted while a layer was read", error);
      }
      throw Failure.unavailable("layer cannot be read: " + error.getMessage(), error);
    }
  }

  /** Reads to the end, so that the digest covers what stands behind the archive, too. */
  void drain() {
    byte[] rest = new byte[64 << 10];
    while (read(rest, 0, rest.length) >= 0) {}
  }

  /** The diff id of everything read; ends the digesting. */
  String diffId() {
    return DiffIds.ALGORITHM + HexFormat.of().formatHex(digest.digest());
  }
}
