package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import org.junit.jupiter.api.Test;

/** fcntl(2) with and without its variable argument, by commands that Linux has too. */
final class FileAbiTest {
  private static final int F_GETFD = 1;
  private static final int F_GETLK = 5;
  private static final int FLOCK_BYTES = 32;
  private static final int EBADF = 9;

  @Test
  void variableArgumentsArriveAndErrorsCome() {
    assertThat(FileAbi.Mac.LIBC.fcntl(0, F_GETFD)).isIn(0, 1);
    assertThatThrownBy(() -> FileAbi.Mac.LIBC.fcntl(-1, F_GETFD))
        .isInstanceOfSatisfying(
            LastErrorException.class, error -> assertThat(error.getErrorCode()).isEqualTo(EBADF));
    try (Memory lock = new Memory(FLOCK_BYTES)) {
      lock.clear();
      assertThatThrownBy(() -> FileAbi.Mac.LIBC.fcntl(-1, F_GETLK, lock))
          .isInstanceOfSatisfying(
              LastErrorException.class, error -> assertThat(error.getErrorCode()).isEqualTo(EBADF));
    }
  }
}
