package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.beagle.guestimage.archive.ArchiveSettings;
import dev.beagle.guestimage.archive.DebianArchive;
import dev.beagle.guestimage.signature.TrustedKey;
import dev.beagle.guestimage.testing.Tool;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import dev.beagle.runtime.launch.MachineEnd;
import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.launch.MachineProcess;
import dev.beagle.runtime.launch.MachineSettings;
import dev.beagle.runtime.testing.HvSim;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image of Debian's own packages, as {@code ./beagle test hvf} has fetched them, made twice and
 * booted on hv-sim with an init that says what it finds.
 */
@Tag("hvf")
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class GuestImageHvfIT {
  private static final String COMPILER = "aarch64-linux-gnu-gcc";
  private static final String COMMAND_LINE =
      "earlycon=pl011,mmio32,0xb000000 console=ttyAMA0 panic=-1 cma=0 -- ";
  private static final List<String> LOADED_BY_NAME =
      List.of(
          "virtio_mmio",
          "vmw_vsock_virtio_transport",
          "virtiofs",
          "virtio_net",
          "virtio_blk",
          "virtio-rng",
          "erofs",
          "ext4");

  @TempDir private static Path folder;
  private static Path cache;
  private static Path init;

  @BeforeAll
  static void prepare() throws Exception {
    String given = Objects.requireNonNullElse(System.getenv("BEAGLE_CACHE"), "../e2e/.cache");
    cache = Path.of(given).toAbsolutePath().resolve("guest-image");
    assumeThat(cache.resolve("trixie.InRelease"))
        .as("Debian's packages have been fetched (./beagle test hvf does it)")
        .exists();
    assumeThat(Tool.find(COMPILER))
        .as(COMPILER + " is here (Debian: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)")
        .isPresent();
    assumeThat(Tool.find("mke2fs"))
        .as("mke2fs is here (Debian: apt install e2fsprogs)")
        .isPresent();
    init = folder.resolve("init");
    Tool.run(
        List.of(
            COMPILER,
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Os",
            "-static",
            "-s",
            "-o",
            init.toString(),
            "src/test/c/init.c"));
  }

  private static ArchiveSettings archive() {
    return new ArchiveSettings(
        Optional.empty(),
        "trixie",
        "arm64",
        cache,
        List.of(Path.of("/usr/share/keyrings")),
        TrustedKey.DEBIAN);
  }

  /** Nothing is asked of the archive: what was fetched is checked anew. */
  private static Path image(String name) throws InterruptedException {
    GuestImageOptions options =
        GuestImageOptions.parse(
            List.of(
                "--offline",
                "--cache",
                cache.toString(),
                "--output",
                folder.resolve(name).toString(),
                "--init",
                init.toString(),
                "--scratch-size",
                "256M"));
    List<String> said = new ArrayList<>();
    return new GuestImageBuilder(options, archive(), Time.system(), said::add).ensure();
  }

  @Test
  void theSameInputsGiveTheSameBytes() throws Exception {
    Path first = image("first");
    Path second = image("second");
    for (String file : List.of("Image", "initramfs", "scratch.img", "manifest.json")) {
      assertThat(Files.mismatch(first.resolve(file), second.resolve(file))).as(file).isEqualTo(-1);
    }
    assertThat(first.getFileName().toString().replace("first", "second"))
        .isEqualTo(second.getFileName().toString());
  }

  @Test
  void aMachineBootsItAndFindsItsModulesAndPrograms() throws Exception {
    HvSim sim = HvSim.require("library");
    Path image = image("boot");
    String release = release(image);
    List<String> console = boot(sim, image);
    String whole = String.join("\n", console);
    assertThat(console).as(whole).contains("CONSOLE ok", "KERNEL " + release, "RESULT DONE");
    for (String name : LOADED_BY_NAME) {
      assertThat(console).as(whole).contains("MODPROBE " + name + " 0");
    }
    // As the kernel asks: for what nobody loaded, by an alias, in vain without a word.
    assertThat(console)
        .as(whole)
        .contains("OVERLAY ok", "MODPROBE rtnl-link-bridge 0", "MODPROBE no_such_module 1")
        .noneMatch(line -> line.contains("modprobe:"));
    // The machine wrote to its template here, which is this test's own.
    assertThat(console)
        .as(whole)
        .contains("SCRATCH mount ok", "SCRATCH file ok", "SCRATCH unmount ok");
    Optional<Path> fsck = Tool.find("e2fsck");
    if (fsck.isPresent()) {
      Tool.run(List.of(fsck.get().toString(), "-f", "-n", image.resolve("scratch.img").toString()));
    }
    assertThat(modules(console))
        .contains("virtio_mmio", "vsock", "erofs", "libcrc32c", "overlay", "bridge", "stp");
    assertThat(console)
        .contains(
            "FILESYSTEM virtiofs", "FILESYSTEM ext4", "FILESYSTEM erofs", "FILESYSTEM overlay")
        .contains("CRUN 0")
        .anyMatch(line -> line.matches("crun version [0-9.]+"))
        .noneMatch(line -> line.contains("WARNING:"))
        .noneMatch(line -> line.contains("module verification failed"));
    System.out.println(
        console.stream().filter(line -> line.startsWith("MEMORY Shmem:")).findFirst().orElse(""));
  }

  private static String release(Path image) throws IOException {
    return Files.readString(image.resolve("manifest.json"))
        .replaceFirst("(?s).*\"kernel\" : \"([^\"]*)\".*", "$1");
  }

  private static List<String> modules(List<String> console) {
    return console.stream()
        .filter(line -> line.startsWith("MODULE "))
        .map(line -> line.split(" ", -1)[1])
        .toList();
  }

  private static List<String> boot(HvSim sim, Path image) throws Exception {
    Path place = Files.createDirectory(folder.resolve("machine"));
    List<String> command =
        MachineLauncher.command(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Optional.empty());
    MachineProcess machine =
        new MachineLauncher(command, Time.system())
            .launch(
                new MachineSettings(
                    place,
                    "guest-image",
                    1,
                    256L << 20,
                    image.resolve("Image"),
                    image.resolve("initramfs"),
                    COMMAND_LINE + String.join(" ", LOADED_BY_NAME),
                    Optional.of(image.resolve("scratch.img")),
                    Optional.of(sim.library())));
    try {
      assertThat(machine.awaitEnd(Duration.ofMinutes(2), Time.system())).as("it ended").isTrue();
      MachineEnd end = MachineLauncher.endOf(place);
      List<String> console =
          new String(MachineLauncher.console(place), StandardCharsets.UTF_8)
              .lines()
              .map(String::stripTrailing)
              .toList();
      assertThat(end.kind()).as(String.join("\n", console)).isEqualTo(MachineEnd.Kind.OFF);
      return console;
    } finally {
      machine.stop();
    }
  }

  /** depmod(8) decides: the same modules need the same ones, under the same names. */
  @Test
  void theTablesOfModulesAreThoseOfDepmod() throws Exception {
    Optional<Path> depmod = Tool.find("depmod");
    assumeThat(depmod).as("depmod is here (Debian: apt install kmod)").isPresent();
    Path ours = Files.createDirectory(folder.resolve("ours"));
    String release;
    try (DebianArchive archive = DebianArchive.open(archive(), Time.system(), _ -> {})) {
      GuestKernel kernel = GuestKernel.from(archive, GuestArchitecture.ARM64);
      release = kernel.release();
      FileTree tree = new FileTree();
      kernel.modules().addTo(tree);
      extract(tree, ours);
    }
    Path modules = ours.resolve("usr/lib/modules").resolve(release);
    Files.createSymbolicLink(ours.resolve("lib"), Path.of("usr/lib"));
    Map<String, Set<String>> dependencies = dependencies(modules);
    Set<String> aliases = aliases(modules);
    Tool.run(List.of(depmod.orElseThrow().toString(), "-b", ours.toString(), release));
    assertThat(dependencies).isEqualTo(dependencies(modules));
    assertThat(aliases).isEqualTo(aliases(modules));
  }

  private static void extract(FileTree tree, Path to) throws IOException {
    for (Map.Entry<String, FileNode> entry : tree.nodes().entrySet()) {
      Path path = to.resolve(entry.getKey());
      switch (entry.getValue()) {
        case FileNode.Directory _ -> Files.createDirectories(path);
        case FileNode.Regular file -> write(path, file.content());
        case FileNode.Symlink _, FileNode.CharacterDevice _ -> throw new AssertionError(path);
      }
    }
  }

  private static void write(Path path, ByteBuffer content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(content);
    }
  }

  private static Map<String, Set<String>> dependencies(Path modules) throws IOException {
    Map<String, Set<String>> found = new TreeMap<>();
    for (String line : Files.readAllLines(modules.resolve("modules.dep"))) {
      String[] parts = line.split(":", 2);
      Set<String> needed = new TreeSet<>(List.of(parts[1].strip().split(" ", -1)));
      found.put(parts[0], needed);
    }
    assertThat(found).isNotEmpty();
    return found;
  }

  private static Set<String> aliases(Path modules) throws IOException {
    Set<String> found = new TreeSet<>(Files.readAllLines(modules.resolve("modules.alias")));
    found.removeIf(line -> line.startsWith("#"));
    assertThat(found).isNotEmpty();
    return found;
  }
}
