package dev.beagle.node.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableTest {
  private static Console console(Map<String, String> environment) {
    PrintStream stream = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return Console.of(stream, stream, environment);
  }

  @Test
  void columnsStandUnderTheirHeadings() {
    Table table = new Table("NAME", "STATE");
    table.row("web", "running");
    table.row("database", "exited");

    assertThat(table.lines(console(Map.of())))
        .containsExactly("NAME      STATE", "web       running", "database  exited");
  }

  @Test
  void aNarrowTerminalCutsTheWidestColumn() {
    Table table = new Table("IMAGE", "ID");
    table.row("registry.example/some/very/long/name:latest", "0123456789ab");

    assertThat(
            table.lines(console(Map.of("BEAGLE_TERMINALS", "1", "COLUMNS", "30", "TERM", "xterm"))))
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(30))
        .last()
        .asString()
        .contains("…")
        .endsWith("0123456789ab");
  }

  @Test
  void dispensableColumnsGoOneByOneBeforeAnyIsCut() {
    Table table = new Table("POD", "ID", "IMAGE", "STATE").dispensable("IMAGE", "ID");
    table.row("web", "0123456789ab", "registry.example/some/name:latest", "exited (1)");

    assertThat(table.lines(terminal(80)).getLast())
        .isEqualTo("web  0123456789ab  registry.example/some/name:latest  exited (1)");
    assertThat(table.lines(terminal(31)).getLast()).isEqualTo("web  0123456789ab  exited (1)");
    assertThat(table.lines(terminal(20))).containsExactly("POD  STATE", "web  exited (1)");
  }

  @Test
  void aWrappedColumnLosesNoWord() {
    Table table = new Table("CHECK", "FOUND").wrapping();
    table.row("kernel", "has erofs and overlayfs, /dev/net/tun is missing");

    assertThat(table.lines(terminal(32)))
        .containsExactly(
            "CHECK   FOUND",
            """
            kernel  has erofs and overlayfs,
                    /dev/net/tun is missing\
            """);
    assertThat(table.lines(console(Map.of())).getLast()).doesNotContain("\n");
  }

  private static Console terminal(int width) {
    return console(
        Map.of("BEAGLE_TERMINALS", "1", "COLUMNS", Integer.toString(width), "TERM", "xterm"));
  }

  @Test
  void aPipeCutsNothing() {
    Table table = new Table("IMAGE");
    table.row("x".repeat(500));

    assertThat(table.lines(console(Map.of("COLUMNS", "30"))).getLast()).hasSize(500);
  }

  @Test
  void controlCharactersCannotMoveTheCursor() {
    Table table = new Table("NAME");
    table.row("a\u001b[2Jb\n");

    assertThat(table.lines(console(Map.of())).getLast()).isEqualTo("a?[2Jb?");
  }

  @ParameterizedTest
  @CsvSource({"1,xterm,'',true", "1,xterm,1,false", "1,dumb,'',false", "2,xterm,'',false"})
  void coloursAreForTerminalsThatWantThem(
      String terminals, String term, String noColor, boolean expected) {
    assertThat(
            console(Map.of("BEAGLE_TERMINALS", terminals, "TERM", term, "NO_COLOR", noColor))
                .colours())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0,0 B", "999,999 B", "1000,1.0 kB", "12345678,12.3 MB", "999000000000,999 GB"})
  void bytesAreShownInPowersOfAThousand(long count, String expected) {
    assertThat(Units.bytes(count)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"-5,0 s", "99,99 s", "100,1 min", "6000,1 h", "172800,2 d"})
  void agesAreShownInTheLargestUnit(long seconds, String expected) {
    assertThat(Units.age(Duration.ofSeconds(seconds))).isEqualTo(expected);
  }
}
