package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.testing.HvSim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** hv-sim's own tests in C: bare-metal guests, a process a test. */
@Tag("hvf")
final class BareMetalHvfIT {
  record Run(int status, String output) {}

  static Run run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Run(process.waitFor(), output);
    } finally {
      process.destroyForcibly();
    }
  }

  @TestFactory
  Stream<DynamicTest> bareMetalGuests() throws Exception {
    HvSim sim = HvSim.require("library", "guests");
    String program = sim.built("abi_test").toString();
    String guest = sim.built("guest.bin").toString();
    Run list = run(List.of(program, "--list"), Map.of());
    assertThat(list.status()).as(list.output()).isZero();
    return list.output()
        .lines()
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () -> {
                  Run run = run(List.of(program, guest, name), Map.of());
                  assertThat(run.status()).as(run.output()).isZero();
                  assertThat(run.output()).contains("ok   " + name);
                }));
  }

  @Test
  void anotherBuildOfUnicornIsRefusedByName(@TempDir Path folder) throws Exception {
    HvSim sim = HvSim.require("library", "guests");
    for (String name : List.of("libhvsim.so", "abi_test")) {
      Files.copy(sim.built(name), folder.resolve(name));
    }
    folder.resolve("abi_test").toFile().setExecutable(true);
    Files.write(
        folder.resolve("libunicorn.so.2"),
        withAnotherBuildId(Files.readAllBytes(sim.built("libunicorn.so.2"))));
    Run run =
        run(
            List.of(
                folder.resolve("abi_test").toString(), sim.built("guest.bin").toString(), "wfi"),
            Map.of());
    assertThat(run.status()).isNotZero();
    assertThat(run.output())
        .contains("hvsim: refusing " + folder.resolve("libunicorn.so.2"))
        .contains("is none of: PyPI 2.1.4, Debian 2.1.1-2+b2; get-unicorn.sh fetches one of them");
  }

  /** The note has a header of 16 bytes: sizes, type 3, "GNU". */
  private static byte[] withAnotherBuildId(byte[] library) {
    List<Integer> notes = new ArrayList<>();
    byte[] header = {4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
    for (int at = 0; at < 8192; at++) {
      if (java.util.Arrays.equals(library, at, at + header.length, header, 0, header.length)) {
        notes.add(at);
      }
    }
    assertThat(notes).hasSize(1);
    library[notes.getFirst() + header.length] ^= 1;
    return library;
  }
}
