package dev.beagle.runtime.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.testing.RecordingLine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class Pl011Test {
  private static final int DATA = 0;
  private static final int FLAGS = 0x18;
  private static final int MASK = 0x38;
  private static final int RAW_STATUS = 0x3c;
  private static final int MASKED_STATUS = 0x40;
  private static final int CLEAR = 0x44;
  private static final int TRANSMIT = 0x20;

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final RecordingLine line = new RecordingLine();
  private final Pl011 uart = new Pl011(written::write, line);

  @Test
  void whatIsWrittenComesOutByteByByte() {
    for (byte each : "héllo".getBytes(StandardCharsets.UTF_8)) {
      uart.write(DATA, 4, each & 0xff);
    }
    assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("héllo");
  }

  @Test
  void itNeverWaitsAndNeverHasInput() {
    uart.write(DATA, 1, 'x');
    assertThat(uart.read(FLAGS, 4)).isEqualTo(0x90); // transmitter and receiver empty
    assertThat(uart.read(DATA, 4)).isZero();
  }

  @Test
  void theDriverIsInterruptedForMoreOnlyWhenItWantsTo() {
    uart.write(DATA, 4, 'x');
    assertThat(line.isUp()).isFalse();
    uart.write(MASK, 4, TRANSMIT);
    assertThat(line.isUp()).isTrue();
    assertThat(uart.read(MASKED_STATUS, 4)).isEqualTo(TRANSMIT);
    uart.write(CLEAR, 4, TRANSMIT);
    assertThat(line.isUp()).isFalse();
    uart.write(DATA, 4, 'y');
    assertThat(line.isUp()).isTrue();
    uart.write(MASK, 4, 0);
    assertThat(line.isUp()).isFalse();
    assertThat(uart.read(RAW_STATUS, 4)).isEqualTo(TRANSMIT);
    assertThat(uart.read(MASKED_STATUS, 4)).isZero();
  }

  @Test
  void settingsAreKept() {
    uart.write(0x24, 4, 13);
    uart.write(0x30, 4, 0x301);
    assertThat(uart.read(0x24, 4)).isEqualTo(13);
    assertThat(uart.read(0x30, 4)).isEqualTo(0x301);
  }

  @Test
  void theDriverFindsArmsUart() {
    int[] id = new int[8];
    for (int index = 0; index < id.length; index++) {
      id[index] = (int) uart.read(0xfe0 + 4L * index, 4);
    }
    assertThat(id).containsExactly(0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 0x05, 0xb1);
  }

  @Test
  void whereNoRegisterStandsNothingHappens() {
    for (long offset = 0; offset < 0x1000; offset++) {
      uart.read(offset, 1);
      if (offset != DATA) {
        uart.write(offset, 8, -1);
      }
    }
    assertThat(written.size()).isZero();
    assertThat(uart.read(0x100, 8)).isZero();
  }
}
