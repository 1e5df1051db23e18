package dev.beagle.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LockHolderTest {
  @TempDir private Path folder = Path.of("/nonexistent");

  @Test
  void aHolderIsFoundAgain() throws IOException {
    Path file = folder.resolve("lock");
    Files.writeString(file, "a predecessor with a longer text\n".repeat(3));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      LockHolder.self().write(channel);
    }
    assertThat(LockHolder.read(file)).contains(LockHolder.self());
    assertThat(LockHolder.self().process()).contains(ProcessHandle.current());
  }

  /** A full disk has no room for a longer file. */
  @Test
  void allHoldersTakeTheSameRoom() throws IOException {
    Path file = folder.resolve("lock");
    for (LockHolder holder :
        List.of(new LockHolder(1, 2), new LockHolder(Integer.MAX_VALUE, Long.MAX_VALUE))) {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        holder.write(channel);
      }
      assertThat(Files.size(file)).isEqualTo(40);
      assertThat(LockHolder.read(file)).contains(holder);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "x 1", "1 x", "1 2 3", "99999999999999999999 1"})
  void whatIsNoHolderNamesNobody(String text) throws IOException {
    Path file = folder.resolve("lock");
    Files.writeString(file, text);
    assertThat(LockHolder.read(file)).isEmpty();
    assertThat(LockHolder.read(folder.resolve("none"))).isEmpty();
  }

  /** "Nobody" would be taken for a proof that it is dead. */
  @Test
  void whatCannotBeReadIsNoAnswer() {
    assertThatThrownBy(() -> LockHolder.read(folder))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("cannot read " + folder);
  }

  @Test
  void anotherProcessOfThatIdIsNotTheHolder() {
    LockHolder self = LockHolder.self();
    assertThat(new LockHolder(self.pid(), self.started() + 1).process()).isEmpty();
    assertThat(new LockHolder(self.pid(), 0).process()).isEmpty();
    assertThat(
            new LockHolder(self.pid(), self.started() + 1)
                .kill(Duration.ofSeconds(1), Time.system()))
        .isFalse();
  }
}
