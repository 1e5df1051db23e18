package dev.beagle.image.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A Debian root of more than 10,000 entries as a tar, made once and kept under target/. */
public final class DebianRoot {
  private static final String PACKAGES = "python3,perl,tzdata,iputils-ping,locales";

  private DebianRoot() {}

  /** The archive; the test is skipped where it cannot be made. */
  public static Path tar(HostCommands commands) throws IOException, InterruptedException {
    Path cache = Files.createDirectories(Path.of("target", "it-cache").toAbsolutePath());
    Path tar = cache.resolve("debian-root.tar");
    if (Files.exists(tar)) {
      return tar;
    }
    HostCommands.assumeInstalled("mmdebstrap");
    Path release = Path.of("/etc/os-release");
    Assumptions.assumeTrue(Files.exists(release), "no /etc/os-release tells the Debian suite");
    String suite =
        Files.readAllLines(release).stream()
            .filter(line -> line.startsWith("VERSION_CODENAME="))
            .map(line -> line.substring("VERSION_CODENAME=".length()))
            .findFirst()
            .orElse("stable");
    Path draft = cache.resolve("debian-root.draft.tar");
    commands.run(
        List.of("mmdebstrap", "--variant=apt", "--include=" + PACKAGES, suite, draft.toString()));
    return Files.move(draft, tar, StandardCopyOption.ATOMIC_MOVE);
  }
}
