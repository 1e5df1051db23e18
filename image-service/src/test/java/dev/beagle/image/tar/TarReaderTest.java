package dev.beagle.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
  private final TarBuilder tar = new TarBuilder();

  @Test
  void everyFieldOfAnEntryIsRead() throws IOException {
    tar.owner(1000, 70000).mode(04755).mtime(1_700_000_000).file("bin/su", "content");
    TarReader reader = reader(tar.build());
    TarEntry entry = next(reader);
    assertThat(entry.type()).isEqualTo(TarType.FILE);
    assertThat(text(entry.path())).isEqualTo("bin/su");
    assertThat(entry.uid()).isEqualTo(1000);
    assertThat(entry.gid()).isEqualTo(70000);
    assertThat(entry.mode()).isEqualTo(04755);
    assertThat(entry.mtimeSeconds()).isEqualTo(1_700_000_000);
    assertThat(entry.size()).isEqualTo(7);
    assertThat(text(content(reader))).isEqualTo("content");
    assertThat(reader.next()).isNull();
  }

  @Test
  void namesKeepTheirBytes() throws IOException {
    byte[] latin = {'f', (byte) 0xfc, (byte) 0xff};
    tar.file(latin, new byte[0]);
    byte[] long255 = new byte[255];
    Arrays.fill(long255, (byte) 0xe9);
    tar.file(long255, new byte[0]);
    TarReader reader = reader(tar.build());
    assertThat(next(reader).path()).isEqualTo(latin);
    assertThat(next(reader).path()).isEqualTo(long255);
  }

  @Test
  void prefixOfUstarStandsBeforeTheName() throws IOException {
    byte[] header = tar.header('0', bytes("name"), new byte[0], 0, 0, 0);
    System.arraycopy(bytes("some/folder"), 0, header, 345, 11);
    TarReader reader = reader(tar.raw(TarBuilder.seal(header)).build());
    assertThat(text(next(reader).path())).isEqualTo("some/folder/name");
  }

  @Test
  void longNamesOfGnuWin() throws IOException {
    String name = "n".repeat(300);
    String link = "l".repeat(300);
    tar.raw(tar.header('L', bytes("././@LongLink"), new byte[0], 0, 0, 301))
        .data(bytes(name + "\0"));
    tar.raw(tar.header('K', bytes("././@LongLink"), new byte[0], 0, 0, 301))
        .data(bytes(link + "\0"));
    tar.symlink("short", "short");
    TarEntry entry = next(reader(tar.build()));
    assertThat(text(entry.path())).isEqualTo(name);
    assertThat(text(entry.linkTarget())).isEqualTo(link);
  }

  @Test
  void xattrsAreOrderedByName() throws IOException {
    byte[] value = {0, 1, '\n', (byte) 0xff};
    tar.xattr("user.z", value).xattr("security.capability", new byte[20]).file("f", "");
    TarEntry entry = next(reader(tar.build()));
    assertThat(entry.xattrs())
        .extracting(xattr -> text(xattr.name()))
        .containsExactly("security.capability", "user.z");
    assertThat(entry.xattrs().get(1).value()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1.5/-2/500000000",
        "-3/-3/0",
        "7.000000001999/7/1",
        "0.1/0/100000000",
        "-0.000000001/-1/999999999"
      })
  void timesMayBeNegativeAndFractional(String example) throws IOException {
    String[] parts = example.split("/", -1);
    tar.pax("mtime", parts[0]).file("f", "");
    TarEntry entry = next(reader(tar.build()));
    assertThat(entry.mtimeSeconds()).isEqualTo(Long.parseLong(parts[1]));
    assertThat(entry.mtimeNanos()).isEqualTo(Integer.parseInt(parts[2]));
  }

  @Test
  void numbersBeyondOctalAreBase256() throws IOException {
    tar.owner(0xFFFF_FFFFL, 2_097_152).mtime(-5).file("f", "");
    TarEntry entry = next(reader(tar.build()));
    assertThat(entry.uid()).isEqualTo(0xFFFF_FFFFL);
    assertThat(entry.gid()).isEqualTo(2_097_152);
    assertThat(entry.mtimeSeconds()).isEqualTo(-5);
  }

  @Test
  void entriesWithoutDataIgnoreTheirSize() throws IOException {
    tar.raw(tar.header('5', bytes("d"), new byte[0], 0, 0, 4096)).file("f", "x");
    TarReader reader = reader(tar.build());
    assertThat(next(reader).size()).isZero();
    assertThat(text(next(reader).path())).isEqualTo("f");
  }

  @Test
  void unreadDataAreSkipped() throws IOException {
    tar.file("a", "x".repeat(5000)).file("b", "y");
    TarReader reader = reader(tar.build());
    next(reader);
    next(reader);
    assertThat(text(content(reader))).isEqualTo("y");
  }

  @Test
  void globalHeadersAreIgnored() throws IOException {
    tar.raw(tar.header('g', bytes("g"), new byte[0], 0, 0, 14)).data(bytes("14 path=other\n"));
    tar.file("f", "");
    assertThat(text(next(reader(tar.build())).path())).isEqualTo("f");
  }

  @Test
  void sparseMapsOfPaxAreRead() throws IOException {
    tar.pax("GNU.sparse.size", "10000")
        .pax("GNU.sparse.numblocks", "2")
        .pax("GNU.sparse.offset", "0")
        .pax("GNU.sparse.numbytes", "1")
        .pax("GNU.sparse.offset", "5000")
        .pax("GNU.sparse.numbytes", "2")
        .file("v00", "abc");
    tar.pax("GNU.sparse.size", "10000").pax("GNU.sparse.map", "0,1,5000,2").file("v01", "abc");
    String map = "2\n0\n1\n5000\n2\n";
    tar.pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.minor", "0")
        .pax("GNU.sparse.name", "v10")
        .pax("GNU.sparse.realsize", "10000")
        .file("GNUSparseFile.1/v10", map + "\0".repeat(512 - map.length()) + "abc");
    TarReader reader = reader(tar.build());
    for (String name : new String[] {"v00", "v01", "v10"}) {
      TarEntry entry = next(reader);
      assertThat(text(entry.path())).isEqualTo(name);
      assertThat(entry.size()).isEqualTo(10000);
      SparseMap sparse = entry.sparse().orElseThrow();
      assertThat(sparse.count()).isEqualTo(2);
      assertThat(sparse.offset(1)).isEqualTo(5000);
      assertThat(sparse.length(1)).isEqualTo(2);
      assertThat(text(content(reader))).isEqualTo("abc");
    }
  }

  @Test
  void oldGnuSparseMapsSpanExtensionBlocks() throws IOException {
    byte[] header = tar.header('S', bytes("s"), new byte[0], 0, 0, 6);
    System.arraycopy(bytes("ustar  \0"), 0, header, 257, 8);
    Arrays.fill(header, 345, 500, (byte) 0);
    for (int i = 0; i < 4; i++) {
      TarBuilder.number(header, 386 + 24 * i, 12, 1000L * i);
      TarBuilder.number(header, 398 + 24 * i, 12, 1);
    }
    header[482] = 1;
    TarBuilder.number(header, 483, 12, 9000);
    byte[] extension = new byte[512];
    TarBuilder.number(extension, 0, 12, 8000);
    TarBuilder.number(extension, 12, 12, 2);
    tar.raw(TarBuilder.seal(header)).raw(extension).data(bytes("abcdef"));
    TarReader reader = reader(tar.build());
    TarEntry entry = next(reader);
    assertThat(entry.size()).isEqualTo(9000);
    assertThat(entry.sparse().orElseThrow().count()).isEqualTo(5);
    assertThat(text(content(reader))).isEqualTo("abcdef");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0,5,3,2", "9999,2", "0,1,2", "0,3,1,x", "5000,-1", "0,2"})
  void wrongSparseMapsAreRefused(String map) {
    tar.pax("GNU.sparse.size", "10000").pax("GNU.sparse.map", map).file("s", "abc");
    assertRefused(tar.build());
  }

  @Test
  void hugeCountOfSparseRegionsIsRefusedBeforeTheyAreRead() {
    tar.pax("GNU.sparse.major", "1")
        .pax("GNU.sparse.realsize", "10")
        .file("s", "999999999999\n" + "0\n".repeat(1000));
    assertRefused(tar.build());
  }

  @Test
  void truncationIsToldApartFromTheEnd() throws IOException {
    tar.file("f", "x".repeat(600));
    byte[] whole = tar.unended();
    assertThat(drain(whole)).isEqualTo(1);
    assertRefused(Arrays.copyOf(whole, whole.length - 1));
    assertRefused(Arrays.copyOf(whole, 300));
  }

  @Test
  void endAfterAnExtensionHeaderIsRefused() {
    tar.raw(tar.header('x', bytes("x"), new byte[0], 0, 0, 0));
    assertRefused(tar.build());
  }

  @Test
  void dataBehindAZeroBlockAreRefused() {
    tar.file("a", "").raw(new byte[512]).file("b", "");
    assertRefused(tar.build());
  }

  @Test
  void whatIsNoTarIsRefused() {
    assertRefused(bytes("<!DOCTYPE html>" + " ".repeat(1000)));
  }

  @ParameterizedTest
  @ValueSource(chars = {'V', 'D', 'M', 'N', 'Z'})
  void typesThatALayerCannotCarryAreRefused(char type) {
    assertRefused(tar.entry(type, bytes("f"), new byte[0], 0, 0, new byte[0]).build());
  }

  @Test
  void oversizedExtensionsAreRefusedUnread() {
    tar.raw(tar.header('x', bytes("x"), new byte[0], 0, 0, Long.MAX_VALUE >> 8));
    assertRefused(tar.build());
  }

  @Test
  void pathsBeyondTheLimitAreRefused() {
    assertRefused(tar.file("p".repeat(5000), "").build());
  }

  @Test
  void nulInAPaxPathIsRefused() {
    assertRefused(tar.pax("path", "a\0b").file("f", "").build());
  }

  @Test
  void headersAreCounted() {
    tar.file("a", "").file("b", "").file("c", "");
    TarReader reader =
        new TarReader(new ByteArrayInputStream(tar.build()), new TarLimits(2, 1024, 4096));
    assertThatThrownBy(
            () -> {
              while (reader.next() != null) {}
            })
        .isInstanceOf(Failure.class)
        .hasMessageContaining("more than 2 headers");
  }

  @Test
  void messagesShowNoControlCharacters() {
    tar.entry('Z', bytes("evil\u001b[31m\n"), new byte[0], 0, 0, new byte[0]);
    assertThatThrownBy(() -> drain(tar.build()))
        .satisfies(error -> assertThat(error.getMessage()).doesNotContain("\u001b", "\n"));
  }

  private static void assertRefused(byte[] archive) {
    assertThatThrownBy(() -> drain(archive))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED));
  }

  private static int drain(byte[] archive) throws IOException {
    TarReader reader = reader(archive);
    int entries = 0;
    while (reader.next() != null) {
      content(reader);
      entries++;
    }
    return entries;
  }

  private static TarReader reader(byte[] archive) {
    return new TarReader(new ByteArrayInputStream(archive), TarLimits.DEFAULT);
  }

  private static TarEntry next(TarReader reader) throws IOException {
    return Objects.requireNonNull(reader.next());
  }

  private static byte[] content(TarReader reader) throws IOException {
    ByteBuffer content = ByteBuffer.allocate((int) reader.remaining());
    while (reader.read(content) > 0) {}
    return content.array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
