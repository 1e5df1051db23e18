package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

final class LoggingTest {
  private static final String FORGED =
      "x\n2026-11-23T02:44:00.000Z ERROR SwitchWatch: forged\u001b[31m";

  private static LogRecord event(String message) {
    LogRecord event = new LogRecord(Level.WARNING, message);
    event.setLoggerName("dev.beagle.node.Main");
    event.setInstant(Instant.parse("2026-01-02T03:04:05.678Z"));
    return event;
  }

  @Test
  void anEventIsOneLineWhateverItQuotes() {
    assertThat(new Logging.LineFormatter().format(event(FORGED)))
        .isEqualTo(
            "2026-01-02T03:04:05.678Z WARN  Main: "
                + "x?2026-11-23T02:44:00.000Z ERROR SwitchWatch: forged?[31m\n");
  }

  @Test
  void aStackCannotLookAsAnEvent() {
    LogRecord event = event("a defect");
    event.setThrown(new IllegalStateException(FORGED, new IllegalArgumentException(FORGED)));
    assertThat(new Logging.LineFormatter().format(event).lines().skip(1))
        .allMatch(line -> line.startsWith("  "))
        .noneMatch(line -> line.contains("\u001b"))
        .anyMatch(line -> line.contains("at " + LoggingTest.class.getName()));
  }
}
