package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.testing.HvSim;
import dev.beagle.time.Time;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of machines on hv-sim: their starts, their ends, and that they need no starter. */
@Tag("hvf")
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class MachineProcessHvfIT {
  private static final String CONSOLE = "earlycon=pl011,mmio32,0xb000000 console=ttyAMA0 panic=-1 ";

  /** A kernel that waits for a disk that never comes: it runs until somebody ends it. */
  private static final String FOR_EVER = CONSOLE + "rdinit=/none root=/dev/none rootwait";

  @TempDir private Path folder;
  private HvSim sim;
  private final MachineLauncher launcher =
      new MachineLauncher(MachineStarter.commandOfTests(), Time.system());

  @BeforeEach
  void require() {
    sim = HvSim.require("library", "linux");
  }

  @AfterEach
  void nothingRuns() {
    MachineLauncher.find(folder)
        .ifPresent(left -> {
          left.stop();
          assertThat(end(left).kind()).isNotNull();
        });
  }

  private MachineEnd end(MachineProcess machine) {
    try {
      assertThat(machine.awaitEnd(Duration.ofSeconds(60), Time.system())).as("it ended").isTrue();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    return MachineLauncher.endOf(folder);
  }

  private MachineSettings settings(String commandLine) {
    return new MachineSettings(
        folder,
        "m",
        2,
        256L << 20,
        sim.kernel(),
        sim.initramfs(),
        commandLine,
        Optional.empty(),
        Optional.of(sim.library()));
  }

  @Test
  void aGuestThatTurnsOffEndsItsProcess() throws Exception {
    MachineProcess machine = launcher.launch(settings(CONSOLE));
    MachineEnd end = end(machine);
    assertThat(end.kind()).as(end.reason()).isEqualTo(MachineEnd.Kind.OFF);
    assertThat(Files.readString(folder.resolve("console.log"))).contains("RESULT PASS");
    assertThat(machine.isAlive()).isFalse();
    assertThat(MachineLauncher.find(folder)).isEmpty();
    assertThat(folder.resolve("vm.sock")).doesNotExist();
    assertThat(MachineLauncher.endOf(folder)).isEqualTo(end);
  }

  @Test
  void itOutlivesItsStarterAndIsFoundAndStopped() throws Exception {
    List<String> command = new ArrayList<>(List.of(MachineStarter.commandOfTests().getFirst()));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(MachineStarter.class.getName());
    command.addAll(settings(FOR_EVER).toArguments());
    Process starter = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(starter.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(output.readLine()).isEqualTo("started");
    } finally {
      starter.destroyForcibly().waitFor();
    }
    MachineProcess machine = MachineLauncher.find(folder).orElseThrow();
    assertThat(machine.pid()).isNotEqualTo(starter.pid());
    assertThat(machine.isAlive()).isTrue();
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("vm.sock"))))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> launcher.launch(settings(FOR_EVER)))
        .isInstanceOf(Failure.class)
        .hasMessage("a machine runs in " + folder);
    machine.stop();
    assertThat(end(machine).kind()).isEqualTo(MachineEnd.Kind.STOPPED);
  }

  @Test
  void aProcessThatIsKilledHasAnEndToo() {
    MachineProcess machine = launcher.launch(settings(FOR_EVER));
    ProcessHandle.of(machine.pid()).orElseThrow().destroyForcibly();
    assertThat(end(machine).kind()).isEqualTo(MachineEnd.Kind.KILLED);
    assertThat(MachineLauncher.find(folder)).isEmpty();
    // What it left is in nobody's way.
    MachineProcess next = launcher.launch(settings(FOR_EVER));
    next.stop();
    assertThat(end(next).kind()).isEqualTo(MachineEnd.Kind.STOPPED);
  }

  @Test
  void aProcessThatIsToldToEndSaysSo() throws Exception {
    MachineProcess machine = launcher.launch(settings(FOR_EVER));
    assertThat(kill("TERM", machine)).isZero();
    MachineEnd end = end(machine);
    assertThat(end.kind()).isEqualTo(MachineEnd.Kind.KILLED);
    assertThat(end.reason()).contains("told to end by a signal (SIGTERM");
  }

  @Test
  void aProcessThatDoesNotAnswerIsFoundAndEnded() throws Exception {
    MachineProcess machine = launcher.launch(settings(FOR_EVER));
    assertThat(kill("STOP", machine)).isZero();
    MachineProcess found = MachineLauncher.holder(folder).orElseThrow();
    assertThat(found.pid()).isEqualTo(machine.pid());
    found.stop();
    assertThat(end(found).kind()).isEqualTo(MachineEnd.Kind.KILLED);
    assertThat(MachineLauncher.holder(folder)).isEmpty();
  }

  /** Whoever started it may be dead, and the next daemon may have cleaned up. */
  @Test
  void aProcessWhoseFolderIsGoneWhenItBeginsDoesNotMakeItAnew() throws Exception {
    List<String> command = new ArrayList<>(MachineStarter.commandOfTests());
    command.addAll(settings(FOR_EVER).toArguments());
    Files.delete(folder);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(2);
    assertThat(said).contains("is gone: nobody waits for this machine");
    assertThat(folder).doesNotExist();
  }

  private static int kill(String signal, MachineProcess machine) throws Exception {
    return new ProcessBuilder("kill", "-" + signal, Long.toString(machine.pid()))
        .inheritIO()
        .start()
        .waitFor();
  }

  @Test
  void aKernelThatPanicsIsAnEndWithItsConsole() throws Exception {
    MachineProcess machine = launcher.launch(settings(CONSOLE + "rdinit=/none root=none"));
    assertThat(end(machine).kind()).isEqualTo(MachineEnd.Kind.RESET);
    assertThat(Files.readString(folder.resolve("console.log"))).contains("Kernel panic");
  }

  @Test
  void whatCannotStartSaysWhy() {
    Path nothing = folder.resolve("nothing");
    MachineSettings missing =
        new MachineSettings(
            folder,
            "m",
            1,
            64L << 20,
            nothing,
            sim.initramfs(),
            "",
            Optional.empty(),
            Optional.of(sim.library()));
    assertThatThrownBy(() -> launcher.launch(missing))
        .isInstanceOf(Failure.class)
        .hasMessage("machine m does not start: " + nothing + " is not there");
  }
}
