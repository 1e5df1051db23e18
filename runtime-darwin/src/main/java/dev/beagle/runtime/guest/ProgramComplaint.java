package dev.beagle.runtime.guest;

import dev.beagle.failure.FailureDetail;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What OCI runtimes say of programs that they cannot start. They have words for it only: this is
 * the one place that reads them.
 */
final class ProgramComplaint {
  /** What crun says, then runc. */
  private static final Pattern MISSING =
      Pattern.compile(
          "executable file `([^`]+)` not found"
              + "|exec: \"([^\"]+)\": (?:executable file not found|stat [^:]+: no such file)");

  /** Likewise. crun opens the program first and executes it later. */
  private static final Pattern NOT_EXECUTABLE =
      Pattern.compile("open executable: |exec container process |exec: \"[^\"]+\": ");

  private ProgramComplaint() {}

  static Optional<FailureDetail> in(String message) {
    Matcher missing = MISSING.matcher(message);
    if (missing.find()) {
      return Optional.of(
          new FailureDetail.ProgramMissing(
              missing.group(1) == null ? missing.group(2) : missing.group(1)));
    }
    return NOT_EXECUTABLE.matcher(message).find()
        ? Optional.of(new FailureDetail.ProgramNotExecutable())
        : Optional.empty();
  }
}
