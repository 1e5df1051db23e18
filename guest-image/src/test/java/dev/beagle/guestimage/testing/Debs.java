package dev.beagle.guestimage.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorOutputStream;

/** Makes packages, good ones and others. */
public final class Debs {
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar =
      new TarArchiveOutputStream(data, StandardCharsets.UTF_8.name());

  public Debs() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
  }

  public Debs file(String path, byte[] content) {
    return entry(new TarArchiveEntry(path, true), content);
  }

  public Debs file(String path, String content) {
    return file(path, content.getBytes(StandardCharsets.UTF_8));
  }

  public Debs directory(String path) {
    return entry(new TarArchiveEntry(path + "/", true), new byte[0]);
  }

  /**
   * @param type one of TarArchiveEntry's LF_ constants
   */
  public Debs special(String path, byte type, String target) {
    TarArchiveEntry entry = new TarArchiveEntry(path, type, true);
    entry.setLinkName(target);
    return entry(entry, new byte[0]);
  }

  private Debs entry(TarArchiveEntry entry, byte[] content) {
    try {
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /**
   * @param packing ".xz", ".zst", ".gz" or none
   */
  public byte[] build(String packing) {
    try {
      tar.finish();
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (OutputStream out =
          switch (packing) {
            case ".xz" -> new XZCompressorOutputStream(packed);
            case ".zst" -> new ZstdCompressorOutputStream(packed);
            case ".gz" -> new GzipCompressorOutputStream(packed);
            default -> packed;
          }) {
        out.write(data.toByteArray());
      }
      return ar(
          "debian-binary", "2.0\n", "control.tar.xz", "ignored", "data.tar" + packing, packed);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** An ar archive of names and contents in turn: texts, or streams that were written. */
  public static byte[] ar(Object... members) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ArArchiveOutputStream ar = new ArArchiveOutputStream(out)) {
      for (int i = 0; i < members.length; i += 2) {
        byte[] content =
            members[i + 1] instanceof ByteArrayOutputStream bytes
                ? bytes.toByteArray()
                : members[i + 1].toString().getBytes(StandardCharsets.UTF_8);
        ar.putArchiveEntry(new ArArchiveEntry(members[i].toString(), content.length));
        ar.write(content);
        ar.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }
}
