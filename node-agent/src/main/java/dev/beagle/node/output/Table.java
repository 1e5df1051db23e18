package dev.beagle.node.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows under headings, columns two blanks apart. On a terminal too narrow for them the widest
 * columns are cut with an ellipsis; in a pipe nothing is cut. Control characters that came from
 * outside (names, labels) are shown as {@code ?}. Confined to one thread.
 */
public final class Table {
  private static final int SMALLEST_COLUMN = 6;

  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** As many cells as headings. */
  public void row(String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells under " + headings.size());
    }
    rows.add(Arrays.stream(cells).map(Table::printable).toList());
  }

  /** The lines, headings first, without colours. */
  public List<String> lines(Console console) {
    int[] widths = new int[headings.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = widest(column);
    }
    if (console.outTerminal()) {
      shrink(widths, console.width());
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(headings, widths));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  public void print(Console console) {
    lines(console).forEach(console::line);
  }

  private int widest(int column) {
    int widest = headings.get(column).length();
    for (List<String> row : rows) {
      widest = Math.max(widest, row.get(column).length());
    }
    return widest;
  }

  private static void shrink(int[] widths, int total) {
    int excess = Arrays.stream(widths).sum() + 2 * (widths.length - 1) - total;
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

  private static String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = cut(cells.get(column), widths[column]);
      line.append(cell);
      if (column < widths.length - 1) {
        line.append(" ".repeat(widths[column] - cell.length() + 2));
      }
    }
    return line.toString().stripTrailing();
  }

  private static String cut(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }

  /** The text without characters that could move a terminal's cursor. */
  public static String printable(String text) {
    return text.codePoints().anyMatch(Character::isISOControl)
        ? text.codePoints()
            .map(point -> Character.isISOControl(point) ? '?' : point)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }
}
