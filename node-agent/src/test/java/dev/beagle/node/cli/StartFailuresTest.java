package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartFailuresTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "OCI runtime exec failed: executable file `sh` not found in $PATH: No such file",
        "OCI runtime create failed: exec: \"sh\": executable file not found in $PATH",
        "OCI runtime create failed: exec: \"sh\": stat sh: no such file or directory"
      })
  void theMissingProgramIsFoundInWhatTheRuntimesSay(String reason) {
    assertThat(StartFailures.missingProgram(Failure.invalidArgument(reason))).contains("sh");
  }

  @Test
  void otherReasonsAreLeftAlone() {
    assertThat(
            StartFailures.missingProgram(
                Failure.invalidArgument("exec: \"sh\": permission denied")))
        .isEmpty();
  }
}
