package dev.beagle.guestimage.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.testing.Elf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ElfFileTest {
  private static final Elf PROGRAM =
      new Elf(Elf.AARCH64)
          .interpreter("/lib/ld-linux-aarch64.so.1")
          .needs("libcap.so.2", "libc.so.6")
          .section(".modinfo", "a=b\0c=d\0");

  private static ElfFile parse(ByteBuffer bytes) {
    return ElfFile.parse("program x", bytes);
  }

  @Test
  void tellsWhatAProgramNeeds() {
    ElfFile program = parse(PROGRAM.build());
    assertThat(program.machine()).isEqualTo(183);
    assertThat(program.interpreter()).contains("/lib/ld-linux-aarch64.so.1");
    assertThat(program.needed()).containsExactly("libcap.so.2", "libc.so.6");
    assertThat(program.section(".modinfo").map(bytes -> StandardCharsets.UTF_8.decode(bytes)))
        .hasValueSatisfying(text -> assertThat(text.toString()).isEqualTo("a=b\0c=d\0"));
    assertThat(program.section(".none")).isEmpty();
  }

  @Test
  void aStaticProgramNeedsNothing() {
    ElfFile program = parse(new Elf(Elf.AARCH64).build());
    assertThat(program.interpreter()).isEmpty();
    assertThat(program.needed()).isEmpty();
  }

  @Test
  void whatIsNoElfFileIsRefused() {
    for (byte[] bytes :
        new byte[][] {{}, "#!/bin/sh".getBytes(StandardCharsets.UTF_8), new byte[64]}) {
      assertThatThrownBy(() -> parse(ByteBuffer.wrap(bytes)))
          .hasMessage("program x is no 64-bit little-endian ELF file");
    }
    ByteBuffer other = PROGRAM.build();
    other.put(4, (byte) 1);
    assertThatThrownBy(() -> parse(other)).isInstanceOf(Failure.class);
  }

  /** Each byte of the headers and tables in turn is something else; each length too. */
  @Test
  void damagedFilesAreRefusedOrReadAndNothingElse() {
    ByteBuffer good = PROGRAM.build();
    for (int at = 0; at < good.limit(); at++) {
      for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
        ByteBuffer damaged = PROGRAM.build();
        damaged.put(at, (byte) value);
        readAll(damaged);
      }
      readAll(PROGRAM.build().limit(at));
    }
  }

  private static void readAll(ByteBuffer bytes) {
    try {
      ElfFile file = parse(bytes);
      file.interpreter();
      file.needed();
      file.section(".modinfo");
    } catch (Failure refused) {
      assertThat(refused.kind()).isEqualTo(FailureKind.CORRUPTED);
      assertThat(refused.reason()).startsWith("program x is ");
    }
  }
}
