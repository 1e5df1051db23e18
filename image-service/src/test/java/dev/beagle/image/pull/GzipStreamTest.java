package dev.beagle.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.image.testing.TestImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** gzip of several members, through a source that gives a byte at a time. */
class GzipStreamTest {
  private static byte[] read(byte[] packed) throws IOException {
    InputStream slow =
        new InputStream() {
          private final InputStream in = new ByteArrayInputStream(packed);

          @Override
          public int read() throws IOException {
            return in.read();
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            return in.read(target, offset, Math.min(1, length));
          }
        };
    try (GzipStream gzip = new GzipStream(slow)) {
      return gzip.readAllBytes();
    }
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  @Test
  void membersAreJoined() throws IOException {
    byte[] one = TestImage.noise(1, 100_000);
    byte[] two = new byte[0];
    byte[] three = new byte[50_000];
    assertThat(read(joined(TestImage.gzip(one), TestImage.gzip(two), TestImage.gzip(three))))
        .isEqualTo(joined(one, two, three));
  }

  @Test
  void optionalHeaderFieldsAreSkipped() throws IOException {
    byte[] plain = TestImage.gzip(new byte[] {7});
    byte[] header = Arrays.copyOf(plain, 10);
    header[3] = 0x1e;
    byte[] fields = {2, 0, 'x', 'y', 'n', 0, 'c', 0, 1, 2};
    assertThat(read(joined(header, fields, Arrays.copyOfRange(plain, 10, plain.length))))
        .containsExactly(7);
  }

  @Test
  void damageIsFound() {
    byte[] packed = TestImage.gzip(TestImage.noise(2, 1000));
    byte[] wrongSum = packed.clone();
    wrongSum[packed.length - 5] ^= 1;
    byte[] wrongLength = packed.clone();
    wrongLength[packed.length - 1] ^= 1;
    assertThatThrownBy(() -> read(wrongSum)).hasMessageContaining("checksum");
    assertThatThrownBy(() -> read(wrongLength)).hasMessageContaining("length");
    assertThatThrownBy(() -> read(joined(packed, new byte[] {1, 2})))
        .hasMessageContaining("no member");
    for (int length = 1; length < packed.length; length += 97) {
      byte[] cut = Arrays.copyOf(packed, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(IOException.class);
    }
  }
}
