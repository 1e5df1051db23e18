package dev.beagle.runtime.virtio.fs;

import static dev.beagle.runtime.virtio.fs.FuseClient.arguments;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.fs.FuseClient.Answer;
import dev.beagle.runtime.virtio.fs.FuseClient.Found;
import dev.beagle.runtime.virtio.mmio.VirtioRequestContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest finds in an export, and what it cannot do with it. */
final class FsDeviceTest extends VirtioRequestContract {
  private static final long ROOT = NodeTable.ROOT;

  private final Path folder = temporaryFolder();
  private final Export export = new Export();
  private final FsDevice device = new FsDevice("export", export);
  private FuseClient client;

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("fs");
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @BeforeEach
  void connect() {
    client = new FuseClient(driver);
  }

  @AfterEach
  void deleteAll() throws IOException {
    driver.close();
    export.close();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Override
  protected VirtioDevice device() {
    return device;
  }

  @Override
  protected Example example() {
    byte[] request = new byte[56];
    byte[] header = FuseClient.header(56, FuseServer.GETATTR, 7, ROOT);
    System.arraycopy(header, 0, request, 0, header.length);
    return new Example(FuseClient.REQUESTS, MemorySegment.ofArray(request), 120);
  }

  @Override
  protected void check(byte[] room, int used) {
    assertThat(used).isEqualTo(120);
    ByteBuffer answer = ByteBuffer.wrap(room).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(answer.getInt(0)).isEqualTo(120);
    assertThat(answer.getInt(4)).isZero();
    assertThat(answer.getLong(8)).isEqualTo(7);
    assertThat(answer.getInt(16 + 16 + 60)).isEqualTo(0040555);
  }

  private Path file(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Found lookUp(String... path) throws InterruptedException {
    long at = ROOT;
    Found found = new Found(0, 0, 0, 0);
    for (String name : path) {
      found = client.lookup(at, name).entry();
      at = found.node();
    }
    return found;
  }

  private void begin() throws InterruptedException {
    driver.begin();
    client.init();
  }

  @Test
  void theTagIsInTheConfiguration() {
    assertThat(driver.configuration(0, 4)).isEqualTo(0x6f707865); // "expo"
    assertThat(driver.configuration(36, 4)).isOne();
  }

  @Test
  void filesOfTheExportAreReadWhereverAndHoweverMuch() throws Exception {
    byte[] content = new byte[20_000];
    new Random(3).nextBytes(content);
    Path layer = Files.write(folder.resolve("layer"), content);
    export.add("layer-1", layer, true);
    begin();
    Found found = lookUp("layer-1");
    assertThat(found.size()).isEqualTo(20_000);
    assertThat(client.contentOf(found.node())).isEqualTo(content);
    long handle = client.open(FuseServer.OPEN, found.node());
    assertThat(client.read(found.node(), handle, 19_990, 100).good().body())
        .isEqualTo(ByteBuffer.wrap(content, 19_990, 10).slice());
    assertThat(client.read(found.node(), handle, 20_000, 100).good().used()).isEqualTo(16);
    assertThat(client.read(found.node(), handle, Long.MAX_VALUE - 5, 100).error()).isNotZero();
    assertThat(client.read(found.node(), handle, -1, 100).error()).isEqualTo(Errno.EINVAL);
  }

  @Test
  void entriesComeAndGoWhileWhatIsOpenStaysSo() throws Exception {
    begin();
    assertThat(client.lookup(ROOT, "a").error()).isEqualTo(Errno.ENOENT);
    export.add("a", file("a", "hello"), false);
    Found found = lookUp("a");
    long handle = client.open(FuseServer.OPEN, found.node());
    export.remove("a");
    assertThat(client.lookup(ROOT, "a").error()).isEqualTo(Errno.ENOENT);
    assertThat(client.ask(FuseServer.GETATTR, found.node(), arguments(16)).error())
        .isEqualTo(Errno.ESTALE);
    assertThat(client.ask(FuseServer.OPEN, found.node(), arguments(8)).error())
        .isEqualTo(Errno.ESTALE);
    assertThat(client.read(found.node(), handle, 0, 10).good().used()).isEqualTo(21);
    client.release(found.node(), handle);
    assertThat(client.read(found.node(), handle, 0, 10).error()).isEqualTo(Errno.EBADF);
    assertThat(client.list(ROOT)).isEmpty();
  }

  @Test
  void foldersAreWalkedAndLinksAreTextOnly() throws Exception {
    file("tree/etc/hosts", "127.0.0.1");
    Files.createSymbolicLink(folder.resolve("tree/out"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(folder.resolve("tree/up"), Path.of(".."));
    export.add("tree", folder.resolve("tree"), false);
    begin();
    Found tree = lookUp("tree");
    Map<String, Found> entries = client.list(tree.node());
    assertThat(entries).containsOnlyKeys("etc", "out", "up");
    assertThat(lookUp("tree", "etc").isFolder()).isTrue();
    Found out = lookUp("tree", "out");
    assertThat(entries).containsEntry("out", out);
    Found up = lookUp("tree", "up");
    assertThat(out.isLink()).isTrue();
    assertThat(client.readLink(out.node())).isEqualTo("/etc/passwd");
    assertThat(client.ask(FuseServer.OPEN, out.node(), arguments(8)).error())
        .isEqualTo(Errno.EACCES);
    assertThat(client.lookup(up.node(), "tree").error()).isNotZero();
    assertThat(client.ask(FuseServer.OPENDIR, up.node(), arguments(8)).error()).isNotZero();
    assertThat(client.contentOf(lookUp("tree", "etc", "hosts").node()))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("127.0.0.1");
  }

  @Test
  void aFolderThatIsExchangedForALinkLeadsNowhere() throws Exception {
    file("tree/sub/x", "inside");
    file("secret/x", "outside");
    export.add("tree", folder.resolve("tree"), false);
    begin();
    Found file = lookUp("tree", "sub", "x");
    Files.move(folder.resolve("tree/sub"), folder.resolve("tree/was"));
    Files.createSymbolicLink(folder.resolve("tree/sub"), folder.resolve("secret"));
    assertThat(client.ask(FuseServer.OPEN, file.node(), arguments(8)).error()).isNotZero();
    assertThat(client.lookup(lookUp("tree", "sub").node(), "x").error()).isNotZero();
    Files.delete(folder.resolve("tree/sub"));
    file("tree/sub/x", "another");
    // The name is there again, the file is another.
    assertThat(client.ask(FuseServer.OPEN, file.node(), arguments(8)).error())
        .isEqualTo(Errno.ESTALE);
  }

  @Test
  void foldersThatWereMovedIntoEachOtherEndNoWalk() throws Exception {
    Files.createDirectories(folder.resolve("tree/a/b"));
    export.add("tree", folder.resolve("tree"), false);
    begin();
    Found a = lookUp("tree", "a");
    Found b = lookUp("tree", "a", "b");
    Files.move(folder.resolve("tree/a/b"), folder.resolve("tree/b"));
    Files.move(folder.resolve("tree/a"), folder.resolve("tree/b/a"));
    assertThat(lookUp("tree", "b").node()).isEqualTo(b.node());
    assertThat(client.lookup(b.node(), "a").entry().node()).isEqualTo(a.node());
    assertThat(client.list(a.node())).isEmpty();
  }

  @Test
  void onlyFilesAndFoldersAreOpened() throws Exception {
    Files.createDirectories(folder.resolve("tree"));
    new ProcessBuilder("mkfifo", folder.resolve("tree/fifo").toString()).start().waitFor();
    export.add("tree", folder.resolve("tree"), false);
    begin();
    assertThat(client.ask(FuseServer.OPEN, lookUp("tree", "fifo").node(), arguments(8)).error())
        .isEqualTo(Errno.EACCES);
    assertThatThrownBy(() -> export.add("fifo", folder.resolve("tree/fifo"), false))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("neither a file nor a folder");
    assertThatThrownBy(() -> export.add("none", folder.resolve("none"), false))
        .isInstanceOf(Failure.class);
  }

  @Test
  void hardLinksAreOneNode() throws Exception {
    file("tree/a", "x");
    Files.createLink(folder.resolve("tree/b"), folder.resolve("tree/a"));
    export.add("tree", folder.resolve("tree"), false);
    begin();
    Found a = lookUp("tree", "a");
    assertThat(lookUp("tree", "b")).isEqualTo(a);
    Files.delete(folder.resolve("tree/b"));
    assertThat(client.ask(FuseServer.OPEN, a.node(), arguments(8)).error()).isNotZero();
    assertThat(lookUp("tree", "a").node()).isEqualTo(a.node());
    assertThat(client.contentOf(a.node())).hasSize(1);
  }

  @Test
  void bigFoldersAreListedInPieces() throws Exception {
    for (int i = 0; i < 500; i++) {
      file("tree/file-with-a-name-" + i, "");
    }
    export.add("tree", folder.resolve("tree"), false);
    begin();
    assertThat(client.list(lookUp("tree").node())).hasSize(500);
    for (int i = 0; i < 300; i++) {
      export.add("entry-" + i, folder.resolve("tree"), false);
    }
    assertThat(client.list(ROOT)).hasSize(301);
  }

  /** SETATTR, SYMLINK, MKNOD, MKDIR, UNLINK, RMDIR, RENAME, LINK, WRITE, CREATE and so on. */
  @ParameterizedTest
  @ValueSource(ints = {4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45})
  void nothingIsWritten(int opcode) throws Exception {
    export.add("a", file("a", "kept"), false);
    begin();
    assertThat(client.ask(opcode, lookUp("a").node(), arguments(200)).error())
        .isEqualTo(Errno.EROFS);
    assertThat(folder.resolve("a")).hasContent("kept");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 0x200, 0x201})
  void nothingIsOpenedToBeWritten(int flags) throws Exception {
    export.add("a", file("a", "kept"), false);
    begin();
    assertThat(client.ask(FuseServer.OPEN, lookUp("a").node(), arguments(8).putInt(flags)).error())
        .isEqualTo(Errno.EROFS);
    assertThat(folder.resolve("a")).hasContent("kept");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5000, -1, 22, 23, 48, 52})
  void whatIsNotKnownIsNeverAskedAgain(int opcode) throws Exception {
    begin();
    assertThat(client.ask(opcode, ROOT, arguments(64)).error()).isEqualTo(Errno.ENOSYS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/", "../x"})
  void namesAreOneComponent(String name) throws Exception {
    Files.createDirectories(folder.resolve("tree/a"));
    file("tree/a/b", "");
    export.add("tree", folder.resolve("tree"), false);
    begin();
    assertThat(client.lookup(lookUp("tree").node(), name).error()).isEqualTo(Errno.EINVAL);
    assertThat(client.lookup(ROOT, name).error()).isEqualTo(Errno.EINVAL);
    assertThatThrownBy(() -> export.add(name, folder, false)).isInstanceOf(Failure.class);
  }

  @Test
  void namesThatDoNotEndOrAreTooLongAreRefused() throws Exception {
    begin();
    ByteBuffer open = arguments(5).put("hello".getBytes(StandardCharsets.UTF_8));
    assertThat(client.ask(FuseServer.LOOKUP, ROOT, open).error()).isEqualTo(Errno.EINVAL);
    assertThat(client.lookup(ROOT, "x".repeat(2000)).error()).isEqualTo(Errno.ENAMETOOLONG);
  }

  @Test
  void requestsThatLieAboutTheirLengthAreRefused() throws Exception {
    begin();
    for (int told : new int[] {0, 39, 55, 57, -1, Integer.MAX_VALUE}) {
      ByteBuffer request =
          arguments(56).put(FuseClient.header(told, FuseServer.GETATTR, 9, ROOT)).clear();
      assertThat(client.send(request, 120).error()).as("%d", told).isEqualTo(Errno.EINVAL);
    }
    assertThat(client.send(arguments(39), 120).used()).isZero();
    assertThat(client.ask(FuseServer.READ, ROOT, arguments(3)).error()).isEqualTo(Errno.EINVAL);
    // Longer than anything that is looked at.
    ByteBuffer long_ = arguments(100_000);
    assertThat(client.ask(FuseServer.GETATTR, ROOT, long_).error()).isEqualTo(Errno.EINVAL);
  }

  @Test
  void numbersThatWereNeverGivenLeadNowhere() throws Exception {
    begin();
    for (long number : new long[] {0, 2, -1, Long.MIN_VALUE, 1L << 40}) {
      assertThat(client.ask(FuseServer.GETATTR, number, arguments(16)).error())
          .isEqualTo(Errno.ESTALE);
      assertThat(client.read(ROOT, number, 0, 10).error()).isEqualTo(Errno.EBADF);
      client.forget(number, 5);
    }
    client.forget(ROOT, -1);
    assertThat(client.ask(FuseServer.GETATTR, ROOT, arguments(16)).error()).isZero();
  }

  @Test
  void whatIsForgottenIsGoneAndNumbersAreNotGivenTwice() throws Exception {
    export.add("a", file("a", ""), false);
    begin();
    Found first = lookUp("a");
    assertThat(lookUp("a").node()).isEqualTo(first.node());
    client.forget(first.node(), 1);
    assertThat(client.ask(FuseServer.GETATTR, first.node(), arguments(16)).error()).isZero();
    client.forget(first.node(), Long.MAX_VALUE);
    assertThat(client.ask(FuseServer.GETATTR, first.node(), arguments(16)).error())
        .isEqualTo(Errno.ESTALE);
    assertThat(lookUp("a").node()).isNotEqualTo(first.node());
  }

  @Test
  void anAnswerThatDoesNotFitIsNotCounted() throws Exception {
    export.add("a", file("a", ""), false);
    begin();
    ByteBuffer name = arguments(2).put((byte) 'a');
    Answer cut = client.ask(FuseServer.LOOKUP, ROOT, name, 50);
    assertThat(cut.used()).isEqualTo(16);
    assertThat(cut.error()).isEqualTo(Errno.EIO);
    Found found = lookUp("a");
    client.forget(found.node(), 1);
    assertThat(client.ask(FuseServer.GETATTR, found.node(), arguments(16)).error())
        .isEqualTo(Errno.ESTALE);
  }

  @Test
  void aReadWithoutRoomForAHeaderIsGivenBackEmpty() throws Exception {
    export.add("a", file("a", "hello"), false);
    begin();
    Found found = lookUp("a");
    long handle = client.open(FuseServer.OPEN, found.node());
    for (int room = 0; room < 16; room++) {
      ByteBuffer part = arguments(40).putLong(handle).putLong(0).putInt(10);
      assertThat(client.ask(FuseServer.READ, found.node(), part, room).used()).isZero();
    }
    assertThat(client.read(found.node(), handle, 0, 10).good().used()).isEqualTo(21);
  }

  @Test
  void aFileThatGrowsIsSeenSoUnlessNobodyWritesToIt() throws Exception {
    Path log = file("log", "hello");
    export.add("log", log, false);
    export.add("layer", log, true);
    begin();
    assertThat(lookUp("log").size()).isEqualTo(5);
    Files.writeString(log, "hello again");
    assertThat(lookUp("log").size()).isEqualTo(11);
    assertThat(lookUp("layer").size()).isEqualTo(5);
  }

  /** {@code entry_valid} and {@code attr_valid} of an answer to LOOKUP, in seconds. */
  private List<Long> validities(String entry) throws InterruptedException {
    ByteBuffer answer = client.lookup(ROOT, entry).good().body();
    return List.of(answer.getLong(16), answer.getLong(24));
  }

  @Test
  void attributesOfWhatNeverChangesAreBelievedForADayButNotItsName() throws Exception {
    Path log = file("log", "hello");
    export.add("log", log, false);
    export.add("layer", log, true);
    begin();
    assertThat(validities("log")).containsExactly(1L, 1L);
    assertThat(validities("layer")).containsExactly(1L, 86_400L);
    ByteBuffer attributes = FuseClient.arguments(16);
    assertThat(
            client
                .ask(FuseServer.GETATTR, lookUp("layer").node(), attributes)
                .good()
                .body()
                .getLong(0))
        .isEqualTo(86_400);
  }

  @Test
  void handlesAreBounded() throws Exception {
    export.add("a", file("a", ""), false);
    begin();
    long node = lookUp("a").node();
    int opened = 0;
    int error = 0;
    while (error == 0 && opened <= 5000) {
      error = client.ask(FuseServer.OPEN, node, arguments(8)).error();
      opened++;
    }
    assertThat(error).isEqualTo(Errno.ENFILE);
    client.ask(FuseServer.DESTROY, 0, arguments(0)).good();
    client.init();
    assertThat(client.open(FuseServer.OPEN, lookUp("a").node())).isPositive();
  }

  @Test
  void theGuestIsToldTheProtocolThatBothSpeak() throws Exception {
    driver.begin();
    ByteBuffer newer = arguments(64).putInt(8).putInt(0);
    Answer first = client.ask(FuseServer.INIT, 0, newer).good();
    assertThat(first.body().getInt(0)).isEqualTo(7);
    Answer second =
        client.ask(FuseServer.INIT, 0, arguments(64).putInt(7).putInt(39).putInt(4096).putInt(0));
    assertThat(second.good().body().getInt(4)).isEqualTo(39);
    assertThat(second.body().getInt(12)).as("flags that were not offered").isZero();
  }
}
