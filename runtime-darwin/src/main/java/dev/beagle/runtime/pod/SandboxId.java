package dev.beagle.runtime.pod;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The id of a sandbox: 64 lower-case hexadecimal digits. */
public record SandboxId(String value) implements Comparable<SandboxId> {
  private static final Pattern VALID = Pattern.compile("[0-9a-f]{64}");
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Stands for the node itself where something of it lives like a sandbox; never a pod's. */
  public static final SandboxId NODE = new SandboxId("0".repeat(64));

  public SandboxId {
    if (!VALID.matcher(value).matches()) {
      throw new IllegalArgumentException("not a sandbox id: " + value);
    }
  }

  public static SandboxId random() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return new SandboxId(HexFormat.of().formatHex(bytes));
  }

  /** The first 12 digits, as people read and type them. */
  public String shortForm() {
    return value.substring(0, 12);
  }

  @Override
  public int compareTo(SandboxId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
