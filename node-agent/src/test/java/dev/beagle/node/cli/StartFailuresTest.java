package dev.beagle.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import org.junit.jupiter.api.Test;

class StartFailuresTest {
  private final Failure failure = Failure.invalidArgument("as the OCI runtime says it");

  @Test
  void theCodesAreDockers() {
    Failure missing = failure.with(new FailureDetail.ProgramMissing("sh"));
    assertThat(StartFailures.code(missing)).isEqualTo(127);
    assertThat(StartFailures.missingProgram(missing)).contains("sh");
    Failure notExecutable = failure.with(new FailureDetail.ProgramNotExecutable());
    assertThat(StartFailures.code(notExecutable)).isEqualTo(126);
    assertThat(StartFailures.missingProgram(notExecutable)).isEmpty();
  }

  @Test
  void aMissingFileThatIsNoProgramIsNot127() {
    Failure mount = Failure.invalidArgument("mount source /data: No such file or directory");
    assertThat(StartFailures.code(mount)).isEqualTo(125);
    assertThat(StartFailures.missingProgram(mount)).isEmpty();
  }
}
