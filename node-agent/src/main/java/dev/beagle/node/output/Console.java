package dev.beagle.node.output;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Where a command writes and what may be written there. Results go to {@link #out}, everything else
 * (progress, errors) to {@link #err}. Immutable; the streams are thread-safe.
 *
 * @param outTerminal whether {@code out} is a terminal
 * @param errTerminal whether {@code err} is a terminal: only then is progress redrawn in place
 * @param width columns of the terminal; meaningless where there is none
 * @param colours whether ANSI colours are wanted
 * @param readerGone whether {@code out} failed because it is a pipe that nobody reads any more
 */
public record Console(
    PrintStream out,
    PrintStream err,
    boolean outTerminal,
    boolean errTerminal,
    int width,
    boolean colours,
    BooleanSupplier readerGone) {
  private static final int USUAL_WIDTH = 80;

  /**
   * @param environment {@code BEAGLE_TERMINALS} (set by the launcher: which of the descriptors 1
   *     and 2 are terminals), {@code COLUMNS}, {@code NO_COLOR}, {@code TERM}
   */
  public static Console of(OutputStream out, PrintStream err, Map<String, String> environment) {
    ResultStream results = new ResultStream(out);
    String terminals = environment.getOrDefault("BEAGLE_TERMINALS", "");
    boolean outTerminal = terminals.contains("1");
    boolean plain =
        !environment.getOrDefault("NO_COLOR", "").isEmpty()
            || environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new Console(
        new PrintStream(results, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        outTerminal,
        terminals.contains("2"),
        width(environment.getOrDefault("COLUMNS", "")),
        outTerminal && !plain,
        results::readerGone);
  }

  private static int width(String columns) {
    try {
      int width = Integer.parseInt(columns);
      return width >= 20 ? width : USUAL_WIDTH;
    } catch (NumberFormatException unknown) {
      return USUAL_WIDTH;
    }
  }

  /** One line on {@code out}. */
  public void line(String text) {
    out.println(text);
  }

  /**
   * Whether something on {@code out} got lost. A reader that went away ({@code | head}) wanted no
   * more: that is no loss.
   */
  public boolean outputLost() {
    return out.checkError() && !readerGone.getAsBoolean();
  }

  /** One line on {@code err}, after the program's name. */
  public void note(String text) {
    err.println("beagle: " + text);
  }

  public String good(String text) {
    return coloured("32", text);
  }

  public String warning(String text) {
    return coloured("33", text);
  }

  public String bad(String text) {
    return coloured("31", text);
  }

  public String bold(String text) {
    return coloured("1", text);
  }

  public String faint(String text) {
    return coloured("2", text);
  }

  private String coloured(String code, String text) {
    return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
