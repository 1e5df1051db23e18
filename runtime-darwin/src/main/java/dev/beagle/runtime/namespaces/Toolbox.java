package dev.beagle.runtime.namespaces;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder with what an agent's root is made of: the agent, the OCI runtime as {@code bin/runtime}
 * and the libraries it links to, at their usual paths. Copied, and named by its content: an upgrade
 * of the host's packages disturbs no sandbox that runs.
 */
final class Toolbox {
  /**
   * {@code libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)} and {@code /lib64/ld-... (0x...)}
   */
  private static final Pattern LDD_LINE = Pattern.compile("(?:.* => )?(/\\S+) \\(0x[0-9a-f]+\\)");

  private final Path folder;

  private Toolbox(Path folder) {
    this.folder = folder;
  }

  Path folder() {
    return folder;
  }

  Path agent() {
    return folder.resolve("bin/beagle-agent");
  }

  /**
   * @param parent where toolboxes are kept
   * @param runtime the OCI runtime's executable
   */
  static Toolbox assemble(Path parent, Path runtime, String architecture) {
    try {
      Map<String, byte[]> files = new TreeMap<>();
      files.put("bin/beagle-agent", agentBinary(architecture));
      files.put("bin/runtime", Files.readAllBytes(runtime));
      for (Path library : libraries(runtime)) {
        files.put(library.toString().substring(1), Files.readAllBytes(library));
      }
      Path folder = parent.resolve(digest(files).substring(0, 16));
      if (!Files.exists(folder)) {
        write(parent, folder, files);
      }
      return new Toolbox(folder);
    } catch (IOException error) {
      throw Failure.internal("cannot assemble the agent's tools: " + error.getMessage(), error);
    }
  }

  private static byte[] agentBinary(String architecture) throws IOException {
    String name = "/dev/beagle/runtime/agent/" + architecture + "/beagle-agent";
    try (InputStream resource = Toolbox.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw Failure.unsupported(
            "this build has no guest agent for " + architecture + "; build on Linux with ./beagle");
      }
      return resource.readAllBytes();
    }
  }

  private static List<Path> libraries(Path runtime) throws IOException {
    Process ldd =
        new ProcessBuilder("ldd", runtime.toString())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    List<Path> found = new ArrayList<>();
    String output = new String(ldd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    for (String line : output.split("\n", -1)) {
      Matcher matcher = LDD_LINE.matcher(line.strip());
      if (matcher.matches()) {
        found.add(Path.of(matcher.group(1)));
      }
    }
    return found;
  }

  private static String digest(Map<String, byte[]> files) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      files.forEach((name, content) -> {
        sha256.update(name.getBytes(StandardCharsets.UTF_8));
        sha256.update((byte) 0);
        sha256.update(Integer.toString(content.length).getBytes(StandardCharsets.UTF_8));
        sha256.update((byte) 0);
        sha256.update(content);
      });
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void write(Path parent, Path folder, Map<String, byte[]> files)
      throws IOException {
    Files.createDirectories(parent);
    Path aside = Files.createTempDirectory(parent, ".new-");
    Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path target = aside.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
  }
}
