package dev.beagle.runtime.testing;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Where hv-sim's {@code prepare.sh} put everything. A test that needs a part which is missing is
 * skipped, with the reason that is written there.
 */
public final class HvSim {
  /** Tests run in the folder of their module, which may be another one. */
  private static final Path PROPERTIES =
      Path.of("../runtime-darwin/target/hv-sim/hv-sim.properties");

  private final Properties properties = new Properties();

  private HvSim() {}

  /**
   * @param parts "library", "guests", "linux"
   */
  public static HvSim require(String... parts) {
    HvSim made = new HvSim();
    assumeThat(PROPERTIES).as("hv-sim is built (./beagle test hvf does it)").exists();
    try (Reader reader = Files.newBufferedReader(PROPERTIES)) {
      made.properties.load(reader);
    } catch (IOException error) {
      throw new AssertionError(PROPERTIES.toString(), error);
    }
    for (String part : parts) {
      String reason = made.properties.getProperty("missing." + part);
      assumeThat(reason).as("hv-sim's " + part + ": " + reason).isNull();
    }
    return made;
  }

  public Path library() {
    return path("library");
  }

  public Path kernel() {
    return path("kernel");
  }

  public Path initramfs() {
    return path("initramfs");
  }

  /** A file of its build. */
  public Path built(String name) {
    return path("build").resolve(name);
  }

  private Path path(String key) {
    return Path.of(properties.getProperty(key)).toAbsolutePath();
  }
}
