package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import dev.beagle.runtime.posix.FileStatus.Stamp;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a Mac answers, built by hand: its structures and its errno. */
final class DarwinFilesTest {
  /** {@code sizeof(struct stat)} with 64-bit inodes. */
  private static final int STAT_BYTES = 144;

  /** By {@code struct stat} of sys/stat.h, field after field as the compiler lays it out. */
  @Test
  void structStatIsReadFieldByField() {
    try (Memory stat = new Memory(STAT_BYTES)) {
      stat.clear();
      int at = 0;
      stat.setInt(at, 0x0100_0007); // st_dev
      at += 4;
      stat.setShort(at, (short) 0120755); // st_mode
      at += 2;
      stat.setShort(at, (short) 65_000); // st_nlink
      at += 2;
      stat.setLong(at, 0x1234_5678_9abc_def0L); // st_ino
      at += 8;
      stat.setInt(at, 501); // st_uid
      at += 4;
      stat.setInt(at, 20); // st_gid
      at += 4;
      stat.setInt(at, 0x0300_0002); // st_rdev
      at += 4 + 4; // the next field is 8 bytes
      for (long seconds : new long[] {11, -22, 33, 44}) { // access, modification, change, birth
        stat.setLong(at, seconds);
        stat.setLong(at + 8, 999_999_999L);
        at += 16;
      }
      stat.setLong(at, 5L << 32); // st_size
      at += 8;
      stat.setLong(at, 77); // st_blocks
      at += 8 + 4 + 4 + 4 + 4 + 16; // st_blksize, st_flags, st_gen, st_lspare, st_qspare
      assertThat(at).isEqualTo(STAT_BYTES);

      FileStatus read = HostFiles.StatLayout.darwin(stat);

      assertThat(read)
          .isEqualTo(
              new FileStatus(
                  0x0100_0007,
                  0x1234_5678_9abc_def0L,
                  0120755,
                  65_000,
                  501,
                  20,
                  3,
                  2,
                  5L << 32,
                  77,
                  new Stamp(11, 999_999_999),
                  new Stamp(-22, 999_999_999),
                  new Stamp(33, 999_999_999)));
      assertThat(read.isLink()).isTrue();
      assertThat(HostFiles.StatLayout.BYTES).isGreaterThanOrEqualTo(STAT_BYTES);
    }
  }

  /** {@code fpunchhole_t}: two words of 32 bits, then two of 64. */
  @Test
  void theHolesStructureHasItsPlaces() {
    assertThat(FileAbi.Mac.FPUNCHHOLE_OFFSET).isEqualTo(4 + 4);
    assertThat(FileAbi.Mac.FPUNCHHOLE_LENGTH).isEqualTo(4 + 4 + 8);
    assertThat(FileAbi.Mac.FPUNCHHOLE_BYTES).isEqualTo(4 + 4 + 8 + 8);
  }

  /** All of sys/errno.h, 1 to 107; ENOSYS among others would latch an operation off in a guest. */
  @Test
  void everyErrnoBecomesOneOfLinux() {
    Map<Integer, Integer> others =
        new TreeMap<>(
            Map.ofEntries(
                Map.entry(11, 35), // EDEADLK
                Map.entry(35, 11), // EAGAIN
                Map.entry(45, 95), // ENOTSUP
                Map.entry(62, 40), // ELOOP
                Map.entry(63, 36), // ENAMETOOLONG
                Map.entry(66, 39), // ENOTEMPTY
                Map.entry(69, 122), // EDQUOT
                Map.entry(70, 116), // ESTALE
                Map.entry(77, 37), // ENOLCK
                Map.entry(84, 75), // EOVERFLOW
                Map.entry(89, 125), // ECANCELED
                Map.entry(92, 84), // EILSEQ
                Map.entry(93, 61), // ENOATTR
                Map.entry(96, 61), // ENODATA
                Map.entry(102, 95), // EOPNOTSUPP
                Map.entry(107, 1))); // ENOTCAPABLE
    IntStream.rangeClosed(1, 107)
        .forEach(darwin -> {
          int expected = others.getOrDefault(darwin, darwin <= 34 ? darwin : 5);
          assertThat(HostErrno.linuxOf(darwin)).as("errno %d of macOS", darwin).isEqualTo(expected);
        });
    assertThat(HostErrno.linuxOf(0)).isEqualTo(5);
    assertThat(HostErrno.linuxOf(-1)).isEqualTo(5);
  }
}
