package dev.beagle.node.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.stdio.ExitStatus;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The texts that client-go, kubectl and crictl parse. */
class CommandStatusTest {
  @Test
  void success() {
    CommandStatus status = CommandStatus.of(new ExitStatus(0, false));
    assertThat(status.json())
        .isEqualTo(
            """
            {"metadata":{},"status":"Success"}\
            """);
    assertThat(status.text()).isEmpty();
  }

  @Test
  void anExitCodeIsDecimalText() {
    CommandStatus status = CommandStatus.of(new ExitStatus(137, true));
    assertThat(status.json())
        .isEqualTo(
            """
            {"metadata":{},"status":"Failure",\
            "message":"command terminated with non-zero exit code: exit code 137",\
            "reason":"NonZeroExitCode",\
            "details":{"causes":[{"reason":"ExitCode","message":"137"}]}}\
            """);
    assertThat(status.text())
        .isEqualTo("command terminated with non-zero exit code: exit code 137");
  }

  @Test
  void aFailureHasCode500() {
    CommandStatus status = new CommandStatus.InternalFailure("no \"shell\"");
    assertThat(status.json())
        .isEqualTo(
            """
            {"metadata":{},"status":"Failure",\
            "message":"Internal error occurred: no \\"shell\\"",\
            "reason":"InternalError",\
            "details":{"causes":[{"message":"no \\"shell\\""}]},"code":500}\
            """);
  }

  @Test
  void aMissingProgramIsASecondCause() {
    CommandStatus status =
        new CommandStatus.InternalFailure(
            "no shell", Optional.of(new FailureDetail.ProgramMissing("sh")));
    assertThat(status.json())
        .contains(
            """
            "causes":[{"message":"no shell"},{"reason":"ProgramMissing","message":"sh"}]\
            """);
  }

  @Test
  void aLongReasonIsCut() {
    assertThat(new CommandStatus.InternalFailure("x".repeat(1 << 20)).text()).hasSizeLessThan(9000);
  }
}
