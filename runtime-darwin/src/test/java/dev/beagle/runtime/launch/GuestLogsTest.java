package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.virtio.vsock.GuestOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs that an agent writes to, and one that does not let go of them. */
@Timeout(20)
final class GuestLogsTest {
  private static final byte[] GREETING = {1, 2, 3};

  @TempDir private Path folder;
  private Path path;
  private final List<GuestOutput> dialled = new ArrayList<>();
  private byte[] answer = frame("taken");
  private final GuestLogs logs = new GuestLogs(this::dial);

  private static byte[] frame(String message) {
    byte[] bytes = bytes(message);
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @BeforeEach
  void name() {
    path = folder.resolve("c.log");
  }

  /** An agent that answers at once, byte by byte, and hangs up when it is not liked. */
  private void dial(GuestOutput output, byte[] greeting) {
    assertThat(greeting).isEqualTo(GREETING);
    dialled.add(output);
    try {
      for (byte part : answer) {
        output.write(ByteBuffer.wrap(new byte[] {part}));
      }
    } catch (IOException reset) {
      output.close();
    }
  }

  private static void say(GuestOutput to, String text) throws IOException {
    to.write(ByteBuffer.wrap(bytes(text)));
  }

  @Test
  void theAgentsAnswerIsTheCallersAndWhatFollowsTheLogs() throws Exception {
    Files.writeString(path, "before\n");
    answer = bytes(new String(frame("yes"), StandardCharsets.ISO_8859_1) + "with it\n");
    assertThat(logs.open(path, GREETING)).isEqualTo(bytes("yes"));
    say(dialled.getFirst(), "later\n");
    assertThat(path).hasContent("before\nwith it\nlater\n");
  }

  @Test
  void aLogIsMadeForItsOwnerAndGroup() throws Exception {
    logs.open(path, GREETING);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-r-----");
  }

  @Test
  void whatIsClosedIsNotWrittenToWhoeverHoldsTheConnection() throws Exception {
    Path other = folder.resolve("other.log");
    logs.open(path, GREETING);
    logs.open(other, GREETING);
    logs.close(path);
    assertThatThrownBy(() -> say(dialled.get(0), "after its end\n"))
        .isInstanceOf(IOException.class);
    say(dialled.get(1), "goes on\n");
    assertThat(path).isEmptyFile();
    assertThat(other).hasContent("goes on\n");
    logs.close(path);
  }

  @Test
  void aRotatedLogIsTakenAwayWithTheSecondRotation() throws Exception {
    for (int i = 0; i < 3; i++) {
      logs.open(path, GREETING);
      Files.move(path, folder.resolve("rotated-" + i));
    }
    assertThatThrownBy(() -> say(dialled.get(0), "still here\n")).isInstanceOf(IOException.class);
    // The agent has a line under way while it is told of the new one.
    say(dialled.get(1), "the last\n");
    say(dialled.get(2), "the first\n");
    assertThat(folder.resolve("rotated-1")).hasContent("the last\n");
    assertThat(folder.resolve("rotated-2")).hasContent("the first\n");
  }

  @Test
  void anAgentThatHangsUpDoesNotTakeIt() {
    for (byte[] bad : List.of(new byte[4], new byte[] {0, 0, 16, 1}, new byte[] {-1, 0, 0, 0})) {
      answer = bad;
      assertThatThrownBy(() -> logs.open(path, GREETING))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE))
          .hasMessageContaining(path.toString());
    }
  }

  @Test
  void onlyPlainFilesOfOneNameAreLogs() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "");
    Path link = Files.createSymbolicLink(folder.resolve("link"), secret);
    Path second = Files.createLink(folder.resolve("second"), secret);
    for (Path bad : List.of(link, second, folder)) {
      assertThatThrownBy(() -> logs.open(bad, GREETING))
          .isInstanceOf(Failure.class)
          .hasMessageContaining("is not a regular file with one name");
    }
    assertThat(dialled).isEmpty();
  }
}
