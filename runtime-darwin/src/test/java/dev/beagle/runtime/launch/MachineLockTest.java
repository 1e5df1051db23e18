package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who has a machine's folder: a number alone may be another process's by now. */
final class MachineLockTest {
  @TempDir private Path path;
  private MachineFolder folder;

  @BeforeEach
  void name() {
    folder = new MachineFolder(path);
  }

  @Test
  void whoTakesItIsFound() throws Exception {
    Files.writeString(folder.lock(), "123456789012345 of a process before, which wrote more");
    try (MachineLock _ = MachineLock.take(folder).orElseThrow()) {
      assertThat(MachineLock.holder(folder)).contains(ProcessHandle.current());
    }
  }

  @Test
  void nobodyHasWhatIsNotThereOrBeingTakenOrDamaged() throws Exception {
    assertThat(MachineLock.holder(folder)).isEmpty();
    for (String content : List.of("", "12", "no number", ProcessHandle.current().pid() + " x")) {
      Files.writeString(folder.lock(), content);
      assertThat(MachineLock.holder(folder)).as(content).isEmpty();
    }
  }
}
