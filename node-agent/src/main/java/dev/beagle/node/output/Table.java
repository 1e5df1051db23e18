package dev.beagle.node.output;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows under headings, columns two blanks apart. On a terminal too narrow for them the columns that
 * may go are left out, then the last one is wrapped where it may be, else the widest ones are cut
 * with an ellipsis; in a pipe nothing of that happens. Control characters that came from outside
 * (names, labels) are shown as {@code ?}. Confined to one thread.
 */
public final class Table {
  private static final int SMALLEST_COLUMN = 6;
  private static final int SMALLEST_WRAPPED = 20;
  private static final int LEFT_OUT = -1;

  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();
  private List<String> dispensable = List.of();
  private boolean wrapping;

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** The headings of the columns that may be left out, the first one first. */
  public Table dispensable(String... columns) {
    dispensable = List.of(columns);
    return this;
  }

  /** Wraps the last column instead of cutting any. */
  public Table wrapping() {
    wrapping = true;
    return this;
  }

  /** As many cells as headings. */
  public void row(String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells under " + headings.size());
    }
    rows.add(Arrays.stream(cells).map(Failure::printable).toList());
  }

  /** A text for each row, headings first, without colours; a wrapped one has several lines. */
  public List<String> lines(Console console) {
    return lines(widths(console));
  }

  private int[] widths(Console console) {
    int[] widths = new int[headings.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = widest(column);
    }
    if (console.outTerminal()) {
      leaveOut(widths, console.width());
      if (wrapping) {
        int last = widths.length - 1;
        int room = widths[last] - excess(widths, console.width());
        widths[last] = Math.clamp(room, SMALLEST_WRAPPED, widths[last]);
      } else {
        shrink(widths, console.width());
      }
    }
    return widths;
  }

  private List<String> lines(int[] widths) {
    List<String> lines = new ArrayList<>();
    lines.add(line(headings, widths));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  /** Prints the lines, and on a narrow terminal which columns are not among them. */
  public void print(Console console) {
    int[] widths = widths(console);
    lines(widths).forEach(console::line);
    String leftOut =
        IntStream.range(0, widths.length)
            .filter(column -> widths[column] == LEFT_OUT)
            .mapToObj(headings::get)
            .collect(Collectors.joining(", "));
    if (!leftOut.isEmpty()) {
      console.line(console.faint("(" + leftOut + " left out: narrow terminal; -o json has all)"));
    }
  }

  private int widest(int column) {
    int widest = headings.get(column).length();
    for (List<String> row : rows) {
      widest = Math.max(widest, row.get(column).length());
    }
    return widest;
  }

  private void leaveOut(int[] widths, int total) {
    for (String heading : dispensable) {
      if (excess(widths, total) <= 0) {
        return;
      }
      widths[headings.indexOf(heading)] = LEFT_OUT;
    }
  }

  private static int excess(int[] widths, int total) {
    return Arrays.stream(widths).filter(width -> width != LEFT_OUT).map(width -> width + 2).sum()
        - 2
        - total;
  }

  private static void shrink(int[] widths, int total) {
    int excess = excess(widths, total);
    while (excess > 0) {
      int widest = 0;
      for (int column = 1; column < widths.length; column++) {
        widest = widths[column] > widths[widest] ? column : widest;
      }
      if (widths[widest] <= SMALLEST_COLUMN) {
        return;
      }
      widths[widest]--;
      excess--;
    }
  }

  private String line(List<String> cells, int[] widths) {
    int last = widths.length - 1;
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      if (widths[column] == LEFT_OUT) {
        continue;
      }
      String cell =
          wrapping && column == last
              ? wrapped(cells.get(column), widths[column], line.length())
              : cut(cells.get(column), widths[column]);
      line.append(cell);
      if (column < last) {
        line.append(" ".repeat(widths[column] - cell.length() + 2));
      }
    }
    return line.toString().stripTrailing();
  }

  /** Broken between words where there are some, further lines indented. */
  private static String wrapped(String text, int width, int indentation) {
    StringBuilder lines = new StringBuilder();
    String rest = text;
    while (rest.length() > width) {
      int blank = rest.lastIndexOf(' ', width);
      int end = blank > 0 ? blank : width;
      lines.append(rest, 0, end).append('\n').append(" ".repeat(indentation));
      rest = rest.substring(end).stripLeading();
    }
    return lines.append(rest).toString();
  }

  private static String cut(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }
}
