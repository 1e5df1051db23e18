package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.Halt;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineEndTest {
  @TempDir private Path folder;

  @Test
  void whatIsWrittenIsRead() throws Exception {
    Path file = folder.resolve("end");
    assertThat(MachineEnd.read(file)).isEmpty();
    for (MachineEnd.Kind kind : MachineEnd.Kind.values()) {
      MachineEnd end = new MachineEnd(kind, "a reason\nof two lines");
      end.write(file);
      assertThat(MachineEnd.read(file)).contains(end);
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void aDamagedFileIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("end"), "OF");
    assertThatThrownBy(() -> MachineEnd.read(file))
        .isInstanceOf(Failure.class)
        .hasMessage(file + " does not tell how a machine ended");
  }

  @Test
  void everyHaltHasAReason() {
    assertThat(MachineEnd.of(new Halt.PowerOff()).kind()).isEqualTo(MachineEnd.Kind.OFF);
    assertThat(MachineEnd.of(new Halt.Reset()).kind()).isEqualTo(MachineEnd.Kind.RESET);
    assertThat(MachineEnd.of(new Halt.Cancelled()).kind()).isEqualTo(MachineEnd.Kind.STOPPED);
    assertThat(MachineEnd.of(new Halt.Crashed("at 0x0")))
        .isEqualTo(new MachineEnd(MachineEnd.Kind.CRASHED, "at 0x0"));
    assertThat(MachineEnd.of(new Halt.Crashed("x".repeat(5000))).reason())
        .hasSizeLessThanOrEqualTo(1024);
  }
}
