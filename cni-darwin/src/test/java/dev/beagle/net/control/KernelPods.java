package dev.beagle.net.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Pods of real kernels: network namespaces whose TAP is joined to the switch by {@code tap-pump}. A
 * namespace of its own plays the host ({@code 192.0.2.1}, where the switch runs), another one a
 * machine outside ({@code 192.0.2.2}).
 */
final class KernelPods implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String prefix;
  private final Path folder;
  private final Path pump;
  private final List<String> namespaces = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();

  /** What a command did. */
  record Result(int code, String out) {}

  KernelPods(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    this.prefix = "bgl" + ProcessHandle.current().pid() + "-";
    this.pump = folder.resolve("tap-pump");
    Path source = Path.of("src/test/c/tap-pump.c").toAbsolutePath();
    must("cc", "-O2", "-o", pump.toString(), source.toString(), "-lpthread");
    for (String name : List.of("host", "out")) {
      namespace(name);
    }
    must(
        "ip",
        "-n",
        of("host"),
        "link",
        "add",
        "up0",
        "type",
        "veth",
        "peer",
        "name",
        "up1",
        "netns",
        of("out"));
    must("ip", "-n", of("host"), "addr", "add", "192.0.2.1/24", "dev", "up0");
    must("ip", "-n", of("host"), "link", "set", "up0", "up");
    must("ip", "-n", of("out"), "addr", "add", "192.0.2.2/24", "dev", "up1");
    must("ip", "-n", of("out"), "link", "set", "up1", "up");
  }

  static boolean canRun() {
    return Files.isWritable(Path.of("/dev/net/tun"))
        && "root".equals(System.getProperty("user.name"))
        && List.of("/usr/sbin/ip", "/sbin/ip").stream().anyMatch(ip -> Files.exists(Path.of(ip)));
  }

  static boolean installed(String program) {
    return Stream.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin")
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private void namespace(String name) throws IOException, InterruptedException {
    must("ip", "netns", "add", of(name));
    namespaces.add(name);
    must("ip", "-n", of(name), "link", "set", "lo", "up");
  }

  /** The namespace's name on this machine. */
  String of(String name) {
    return prefix + name;
  }

  /** A command that runs in a namespace. */
  List<String> in(String name, List<String> command) {
    List<String> full = new ArrayList<>(List.of("ip", "netns", "exec", of(name)));
    full.addAll(command);
    return full;
  }

  /** Makes the pod's namespace and joins it; the host's own for the port {@code host}. */
  void join(PortLease lease, Path portSocket) throws IOException, InterruptedException {
    boolean host = lease.name().equals("host");
    if (!host) {
      namespace(lease.name());
    }
    String device = host ? "pods0" : "eth0";
    Process process =
        start(
            lease.name(),
            pump.toString(),
            device,
            portSocket.toString(),
            lease.name(),
            lease.token());
    InputStream out = process.getInputStream();
    byte[] up = out.readNBytes(3);
    if (!new String(up, StandardCharsets.US_ASCII).equals("up\n")) {
      throw new IOException("tap-pump of " + lease.name() + " did not come up");
    }
    String namespace = of(lease.name());
    must("ip", "-n", namespace, "link", "set", device, "address", lease.mac());
    must("ip", "-n", namespace, "addr", "add", lease.addresses().getFirst(), "dev", device);
    must("ip", "-n", namespace, "link", "set", device, "up");
    if (!host) {
      must("ip", "-n", namespace, "route", "add", "default", "via", lease.gateway());
    }
  }

  /** Starts something in a namespace that lives until the end. */
  Process start(String name, String... command) throws IOException {
    Process process =
        new ProcessBuilder(in(name, List.of(command)))
            .redirectError(folder.resolve("errors").toFile())
            .start();
    processes.add(process);
    return process;
  }

  /** Runs something in a namespace. */
  Result run(String name, String... command) throws IOException, InterruptedException {
    return run(in(name, List.of(command)));
  }

  private Result run(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", "");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command + " took longer than " + PATIENCE);
    }
    return new Result(process.exitValue(), Files.readString(out));
  }

  private void must(String... command) throws IOException, InterruptedException {
    Result result = run(List.of(command));
    if (result.code() != 0) {
      throw new IOException(List.of(command) + ": " + result.out());
    }
  }

  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
    try {
      for (String name : namespaces) {
        must("ip", "netns", "del", of(name));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
