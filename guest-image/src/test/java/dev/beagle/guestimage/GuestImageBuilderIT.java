package dev.beagle.guestimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.archive.ArchiveSettings;
import dev.beagle.guestimage.testing.Debs;
import dev.beagle.guestimage.testing.Elf;
import dev.beagle.guestimage.testing.ServedArchive;
import dev.beagle.guestimage.testing.SigningKey;
import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of packages that tests make, by an archive on loopback. */
final class GuestImageBuilderIT {
  private static final Instant DATE = Instant.parse("2025-12-13T07:55:41Z");
  private static final SigningKey KEY =
      SigningKey.made(Instant.parse("2025-03-30T10:00:00Z"), Duration.ofDays(3000));
  private static final String KERNEL = "linux-image-6.12.%d+deb13-cloud-arm64";
  private static final String LINKER = "/lib/ld-linux-aarch64.so.1";

  @TempDir Path folder;
  private final List<String> said = new ArrayList<>();
  private ServedArchive served;

  @BeforeEach
  void serve() throws IOException {
    served = new ServedArchive();
    Files.createDirectories(folder.resolve("keyrings"));
    Files.write(folder.resolve("keyrings/debian-archive-test.gpg"), KEY.keyring());
    Files.writeString(
        folder.resolve("mke2fs"),
        "#!/bin/sh\nfor last; do before=$file; file=$last; done\n: >\"$before\"\n");
    assertThat(folder.resolve("mke2fs").toFile().setExecutable(true)).isTrue();
    Files.write(folder.resolve("agent"), bytes(new Elf(Elf.AARCH64).build()));
  }

  @AfterEach
  void stop() {
    served.close();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static byte[] program(String... libraries) {
    return bytes(new Elf(Elf.AARCH64).interpreter(LINKER).needs(libraries).build());
  }

  private static byte[] library(String... libraries) {
    return bytes(new Elf(Elf.AARCH64).needs(libraries).build());
  }

  private static byte[] image() {
    return ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN).putInt(56, 0x644d5241).array();
  }

  /** All wanted modules are built in but for one. */
  private static byte[] kernel(int patch, byte[] image) {
    String release = "6.12.%d+deb13-cloud-arm64".formatted(patch);
    String modules = "./usr/lib/modules/" + release;
    String builtIn =
        GuestModules.NAMES.stream()
            .filter(name -> !name.equals("overlay"))
            .map(name -> "kernel/" + name + ".ko\n")
            .collect(Collectors.joining());
    byte[] overlay =
        bytes(new Elf(Elf.AARCH64).section(".modinfo", "alias=fs-overlay\0depends=\0").build());
    return new Debs()
        .file("./boot/vmlinuz-" + release, image)
        .file("./boot/config-" + release, "CONFIG_X=y")
        .file(modules + "/modules.builtin", builtIn)
        .file(modules + "/kernel/fs/overlay.ko", overlay)
        .build(".xz");
  }

  private void addPrograms() {
    String lib = "./usr/lib/aarch64-linux-gnu/";
    served.add(
        "crun",
        "1",
        "Depends: libc6, libcap2\n",
        new Debs()
            .file("./usr/bin/crun", program("libcap.so.2", "libc.so.6"))
            .file("./usr/share/doc/crun/x", "x")
            .build(".xz"));
    served.add(
        "libcap2",
        "2",
        "Depends: libc6\n",
        new Debs()
            .file(lib + "libcap.so.2.75", library("libc.so.6"))
            .special(lib + "libcap.so.2", TarConstants.LF_SYMLINK, "libcap.so.2.75")
            .build(".xz"));
    served.add(
        "libc6",
        "3",
        "",
        new Debs()
            .file(lib + "libc.so.6", library("ld-linux-aarch64.so.1"))
            .file(lib + "ld-linux-aarch64.so.1", library())
            .special(
                "./usr/lib/ld-linux-aarch64.so.1",
                TarConstants.LF_SYMLINK,
                "aarch64-linux-gnu/ld-linux-aarch64.so.1")
            .build(".xz"));
    served.add(
        "busybox",
        "4",
        "Depends: libc6\n",
        new Debs().file("./usr/bin/busybox", program("libc.so.6")).build(".xz"));
  }

  private void publish(int... kernels) {
    for (int patch : kernels) {
      served.add(KERNEL.formatted(patch), "6.12.%d-1".formatted(patch), "", kernel(patch, image()));
    }
    served.publish(KEY, DATE);
  }

  private Path make(String... more) throws InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(more));
    for (String name : List.of("output", "cache", "mke2fs")) {
      arguments.addAll(List.of("--" + name, folder.resolve(name).toString()));
    }
    arguments.addAll(
        List.of("--init", folder.resolve("agent").toString(), "--scratch-size", "64M"));
    ArchiveSettings archive =
        new ArchiveSettings(
            Optional.of(served.url()),
            "trixie",
            "arm64",
            folder.resolve("cache"),
            List.of(folder.resolve("keyrings")),
            List.of(KEY.trusted()));
    GuestImageOptions options = GuestImageOptions.parse(arguments);
    return new GuestImageBuilder(options, archive, new ManualTime(), said::add).ensure();
  }

  private static List<String> paths(Path image) throws IOException {
    List<String> found = new ArrayList<>();
    try (CpioArchiveInputStream cpio =
        new CpioArchiveInputStream(Files.newInputStream(image.resolve("initramfs")))) {
      for (CpioArchiveEntry entry = cpio.getNextEntry();
          entry != null;
          entry = cpio.getNextEntry()) {
        if (!entry.isDirectory()) {
          found.add(entry.getName());
        }
      }
    }
    return found;
  }

  @Test
  void anImageHasTheProgramsAndWhatTheyNeedAndNothingElse() throws Exception {
    addPrograms();
    publish(94, 107);
    Path image = make();
    String modules = "usr/lib/modules/6.12.107+deb13-cloud-arm64/";
    assertThat(paths(image))
        .containsExactly(
            "bin",
            "dev/console",
            "lib",
            "usr/bin/crun",
            "usr/lib/aarch64-linux-gnu/libc.so.6",
            "usr/lib/aarch64-linux-gnu/libcap.so.2",
            "usr/lib/ld-linux-aarch64.so.1",
            modules + "kernel/fs/overlay.ko",
            modules + "modules.alias",
            modules + "modules.builtin",
            modules + "modules.dep",
            "usr/sbin/modprobe",
            "init");
    assertThat(Files.readAllBytes(image.resolve("Image"))).isEqualTo(image());
    assertThat(image.resolve("manifest.json"))
        .content()
        .contains(
            "\"kernel\" : \"6.12.107+deb13-cloud-arm64\"", "\"date\" : \"2025-12-13T07:55:41Z\"")
        .contains("\"name\" : \"libcap2\"")
        .doesNotContain(folder.toString());
    assertThat(said).last().asString().startsWith("done: ");
  }

  @Test
  void whereTheImageIsThereNothingIsDoneAndNothingSaid() throws Exception {
    addPrograms();
    publish(107);
    Path image = make();
    said.clear();
    served.asked().clear();
    assertThat(make()).isEqualTo(image.toRealPath());
    assertThat(said).isEmpty();
    assertThat(served.asked()).isEmpty();
  }

  @Test
  void anImageThatLostAFileIsMadeAnew() throws Exception {
    addPrograms();
    publish(107);
    Path image = make();
    Files.delete(image.resolve("initramfs"));
    assertThat(make().resolve("initramfs")).exists();
  }

  @Test
  void anotherAgentOrARefreshMakesItAnew() throws Exception {
    addPrograms();
    publish(94);
    Path first = make();
    publish(107);
    assertThat(make()).isEqualTo(first.toRealPath());
    Path second = make("--refresh");
    assertThat(second.resolve("manifest.json")).content().contains("6.12.107");
    assertThat(first).doesNotExist();

    Files.write(folder.resolve("agent"), bytes(new Elf(Elf.AARCH64).section(".x", "y").build()));
    assertThat(make()).isNotEqualTo(second);
  }

  @Test
  void aLibraryThatNoDependencyHasIsNamed() {
    served.add(
        "crun",
        "1",
        "Depends: libc6\n",
        new Debs().file("./usr/bin/crun", program("libgone.so.1")).build(".xz"));
    served.add(
        "libc6",
        "3",
        "",
        new Debs().file("./usr/lib/ld-linux-aarch64.so.1", library()).build(".xz"));
    publish(107);
    assertThatThrownBy(this::make)
        .hasMessageContaining("library libgone.so.1, which usr/bin/crun of package crun 1 needs");
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void aKernelOfAnotherFormatIsNamed() {
    addPrograms();
    served.add(KERNEL.formatted(107), "6.12.107-1", "", kernel(107, new byte[256]));
    served.publish(KEY, DATE);
    assertThatThrownBy(this::make)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNSUPPORTED))
        .hasMessageContaining("machines load a plain arm64 Image");
  }

  @Test
  void anArchiveWithoutSuchAKernelIsSaid() {
    served.publish(KEY, DATE);
    assertThatThrownBy(this::make).hasMessageContaining("kernel package");
  }

  @Test
  void aProgramOfAnotherProcessorIsNamed() {
    addPrograms();
    publish(107);
    served.add(
        "crun",
        "2",
        "",
        new Debs().file("./usr/bin/crun", bytes(new Elf(62).build())).build(".xz"));
    served.publish(KEY, DATE);
    assertThatThrownBy(this::make)
        .hasMessage("usr/bin/crun of package crun 2 is for ELF machine 62, arm64 is 183");
  }

  @Test
  void anInitThatCannotBeOneIsNamed() throws IOException {
    Files.write(folder.resolve("agent"), program());
    assertThatThrownBy(this::make).hasMessageContaining("is no static program for arm64");
    Files.write(folder.resolve("agent"), "#!/bin/sh".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(this::make).hasMessageContaining("is no 64-bit little-endian ELF file");
  }
}
