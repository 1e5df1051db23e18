package dev.beagle.host;

/**
 * A computer's operating system and processor. Immutable; tests make their own.
 *
 * @param system as Java names it ({@code os.name}): "Linux", "Mac OS X"
 * @param architecture as OCI platforms name it: amd64, arm64; Java's own name for any other
 */
public record HostPlatform(String system, String architecture) {
  /** Java's names of processors (x86_64 on macOS, amd64 on Linux; aarch64) become OCI's. */
  public HostPlatform {
    architecture =
        switch (architecture) {
          case "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> architecture;
        };
  }

  /** The computer that this process runs on. */
  public static HostPlatform current() {
    return new HostPlatform(
        System.getProperty("os.name", "unknown"), System.getProperty("os.arch", "unknown"));
  }

  public boolean linux() {
    return system.equals("Linux");
  }

  public boolean mac() {
    return system.startsWith("Mac");
  }
}
