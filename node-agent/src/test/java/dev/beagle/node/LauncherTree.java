package dev.beagle.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A source tree with {@code ./beagle} alone, and a JDK and tools that are scripts. */
final class LauncherTree {
  /** What the launcher said, on either stream. */
  record Outcome(int status, String output) {}

  final Path root;
  final Path jdk;
  private final Path tools;

  /**
   * @param folder in which all lies
   * @param java what stands in for the JVM
   */
  LauncherTree(Path folder, String java) throws IOException {
    root = Files.createDirectory(folder.resolve("a tree"));
    jdk = folder.resolve("jdk 25");
    tools = folder.resolve("tools");
    executable(root.resolve("beagle"), Files.readString(Path.of("../beagle")));
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
    executable(jdk.resolve("bin/java"), java);
    executable(jdk.resolve("bin/javac"), "#!/bin/bash\n");
  }

  /** A program that the launcher finds before the machine's. */
  void tool(String name, String script) throws IOException {
    executable(tools.resolve(name), script);
  }

  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  static void executable(Path file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  Path launcher() {
    return root.resolve("beagle");
  }

  Process start(Path launcher, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("BEAGLE_JAVA_HOME", jdk.toString());
    builder.environment().merge("PATH", "", (path, _) -> tools + ":" + path);
    return builder.start();
  }

  static Outcome outcome(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }
}
