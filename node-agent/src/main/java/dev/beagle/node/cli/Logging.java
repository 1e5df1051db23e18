package dev.beagle.node.cli;

import dev.beagle.failure.Failure;
import dev.beagle.node.config.NodeConfig.LogLevel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** The daemon's log: one line per event on standard error, in UTC. */
final class Logging {
  private Logging() {}

  /** For commands: what libraries would log is not for the person who typed the command. */
  static void silence() {
    Logger.getLogger("").setLevel(Level.OFF);
  }

  static void begin(LogLevel level) {
    Logger top = Logger.getLogger("");
    for (Handler handler : top.getHandlers()) {
      top.removeHandler(handler);
    }
    Handler console = new ConsoleHandler();
    console.setFormatter(new LineFormatter());
    console.setLevel(Level.ALL);
    top.addHandler(console);
    // Libraries get through with what a person should look at; their steps are not ours.
    top.setLevel(level == LogLevel.ERROR ? Level.SEVERE : Level.WARNING);
    Logger.getLogger("dev.beagle").setLevel(julLevel(level));
  }

  private static Level julLevel(LogLevel level) {
    return switch (level) {
      case ERROR -> Level.SEVERE;
      case WARN -> Level.WARNING;
      case INFO -> Level.INFO;
      case DEBUG -> Level.FINE;
    };
  }

  /** {@code 2026-01-02T03:04:05.678Z INFO NodeDaemon: message}, then a stack where there is one. */
  static final class LineFormatter extends Formatter {
    @Override
    public String format(LogRecord record) {
      String logger = String.valueOf(record.getLoggerName());
      StringWriter line = new StringWriter();
      line.append(
          "%1$tFT%1$tT.%1$tLZ %2$-5s %3$s: %4$s%n"
              .formatted(
                  record.getInstant().atZone(java.time.ZoneOffset.UTC),
                  name(record.getLevel()),
                  logger.substring(logger.lastIndexOf('.') + 1),
                  Failure.printable(formatMessage(record))));
      if (record.getThrown() != null) {
        line.append(stack(record.getThrown()));
      }
      return line.toString();
    }

    /** Indented: what an exception quotes of somebody else cannot look as an event of ours. */
    private static String stack(Throwable thrown) {
      StringWriter text = new StringWriter();
      thrown.printStackTrace(new PrintWriter(text, true));
      return text.toString()
          .lines()
          .map(each -> "  " + Failure.printable(each.replace('\t', ' ')) + System.lineSeparator())
          .collect(Collectors.joining());
    }

    private static String name(Level level) {
      if (level.intValue() >= Level.SEVERE.intValue()) {
        return "ERROR";
      }
      if (level.intValue() >= Level.WARNING.intValue()) {
        return "WARN";
      }
      return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }
  }
}
