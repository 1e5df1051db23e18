package dev.beagle.runtime.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.FailureDetail;
import dev.beagle.runtime.guest.wire.Error;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramComplaintTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "OCI runtime exec failed: executable file `sh` not found in $PATH: No such file",
        "OCI runtime create failed: exec: \"sh\": executable file not found in $PATH",
        "OCI runtime create failed: exec: \"sh\": stat sh: no such file or directory"
      })
  void theMissingProgramIsFoundInWhatTheRuntimesSay(String message) {
    assertThat(SocketGuestAgent.failure(error(message)).detail())
        .contains(new FailureDetail.ProgramMissing("sh"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OCI runtime start failed: open executable: Permission denied",
        "OCI runtime start failed: exec container process `/bin/x`: Exec format error",
        "OCI runtime create failed: exec: \"sh\": permission denied"
      })
  void aProgramThatCannotRunIsNotMissing(String message) {
    assertThat(SocketGuestAgent.failure(error(message)).detail())
        .contains(new FailureDetail.ProgramNotExecutable());
  }

  @Test
  void otherFilesThatAreMissingAreNoPrograms() {
    assertThat(SocketGuestAgent.failure(error("mount `/data`: No such file or directory")).detail())
        .isEmpty();
  }

  private static Error error(String message) {
    return Error.newBuilder().setKind("INVALID_ARGUMENT").setMessage(message).build();
  }
}
