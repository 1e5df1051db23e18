package dev.beagle.runtime.stdio;

/** Columns and rows of a terminal, each 1 to 65535. */
public record TerminalSize(int columns, int rows) {
  public TerminalSize {
    if (columns < 1 || columns > 0xFFFF || rows < 1 || rows > 0xFFFF) {
      throw new IllegalArgumentException("terminal size " + columns + "x" + rows);
    }
  }
}
