package dev.beagle.image.tar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

class TarReaderPropertyTest {
  /** What commons-compress writes, in its two long-name dialects, reads back equal. */
  @Property(tries = 200)
  void agreesWithAnotherWriter(
      @ForAll boolean posix,
      @ForAll @IntRange(min = 1, max = 300) int nameLength,
      @ForAll @IntRange(max = 3000) int size,
      @ForAll long seed)
      throws IOException {
    Random random = new Random(seed);
    String name = "d/" + "é".repeat(nameLength) + random.nextInt(100);
    byte[] content = new byte[size];
    random.nextBytes(content);
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (var out = new TarArchiveOutputStream(archive, "UTF-8")) {
      int dialect =
          posix ? TarArchiveOutputStream.LONGFILE_POSIX : TarArchiveOutputStream.LONGFILE_GNU;
      out.setLongFileMode(dialect);
      out.setBigNumberMode(
          posix ? TarArchiveOutputStream.BIGNUMBER_POSIX : TarArchiveOutputStream.BIGNUMBER_STAR);
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(size);
      entry.setIds(random.nextInt(1 << 30), random.nextInt(1 << 30));
      out.putArchiveEntry(entry);
      out.write(content);
      out.closeArchiveEntry();
    }
    TarReader reader = new TarReader(trickle(archive.toByteArray(), random), TarLimits.DEFAULT);
    TarEntry entry = Objects.requireNonNull(reader.next());
    assertThat(new String(entry.path(), StandardCharsets.UTF_8)).isEqualTo(name);
    ByteBuffer read = ByteBuffer.allocate(size);
    while (reader.read(read) > 0) {}
    assertThat(read.array()).isEqualTo(content);
    assertThat(reader.next()).isNull();
  }

  @Property(tries = 2000)
  void damagedArchivesEndInCorruptedOrNot(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int damages) throws IOException {
    byte[] archive = sample();
    Random random = new Random(seed);
    for (int i = 0; i < damages; i++) {
      archive[random.nextInt(archive.length)] = (byte) random.nextInt();
    }
    if (random.nextBoolean()) {
      // With right checksums damage goes deeper.
      for (int at = 0; at + 512 <= archive.length; at += 512) {
        if (archive[at + 257] == 'u' || random.nextInt(8) == 0) {
          byte[] block = Arrays.copyOfRange(archive, at, at + 512);
          System.arraycopy(TarBuilder.seal(block), 0, archive, at, 512);
        }
      }
    }
    readAll(archive, random);
  }

  @Property(tries = 500)
  void noiseEndsInCorruptedOrNot(@ForAll @Size(max = 4096) byte[] noise, @ForAll long seed)
      throws IOException {
    readAll(noise, new Random(seed));
  }

  private static void readAll(byte[] archive, Random random) throws IOException {
    TarReader reader = new TarReader(trickle(archive, random), TarLimits.DEFAULT);
    ByteBuffer sink = ByteBuffer.allocate(1000);
    try {
      while (reader.next() != null) {
        while (reader.read(sink.clear()) > 0) {}
      }
    } catch (Failure failure) {
      assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED);
    }
  }

  private static byte[] sample() {
    byte[] none = {};
    TarBuilder tar = new TarBuilder().directory("d").xattr("user.a", new byte[] {1, 2});
    tar.pax("mtime", "-12.5").file("d/file", "content").hardLink("d/hard", "d/file");
    tar.pax("GNU.sparse.size", "10000").pax("GNU.sparse.map", "0,1,5000,2").file("sparse", "abc");
    tar.pax("GNU.sparse.major", "1").pax("GNU.sparse.realsize", "9");
    tar.file("sparse1", "1\n0\n3\n" + "\0".repeat(506) + "abc");
    byte[] old = tar.header('S', new byte[] {'s'}, none, 0, 0, 1);
    System.arraycopy("ustar  \0".getBytes(StandardCharsets.US_ASCII), 0, old, 257, 8);
    TarBuilder.number(old, 386, 12, 5);
    TarBuilder.number(old, 398, 12, 1);
    TarBuilder.number(old, 483, 12, 6);
    tar.raw(TarBuilder.seal(old)).data(new byte[] {'x'});
    tar.device('3', "null", 1, 3).file("n".repeat(200), "long");
    return tar.build();
  }

  /** A stream that hands out its bytes in pieces of any size, as networks do. */
  private static InputStream trickle(byte[] bytes, Random random) {
    return new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] target, int from, int length) {
        return super.read(target, from, Math.min(length, 1 + random.nextInt(700)));
      }
    };
  }
}
