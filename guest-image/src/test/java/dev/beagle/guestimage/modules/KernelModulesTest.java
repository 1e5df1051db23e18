package dev.beagle.guestimage.modules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.testing.Elf;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelModulesTest {
  private static final String FOLDER = "usr/lib/modules/6.12.1";
  private static final String BUILT_IN = "kernel/fs/fuse/virtiofs.ko\nkernel/fs/ext4/ext4.ko\n";

  private final FileTree source = new FileTree().add(FOLDER + "/modules.builtin", text(BUILT_IN));

  private static FileNode.Regular text(String text) {
    return new FileNode.Regular(0644, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * @param lines of .modinfo
   */
  private void module(String path, String... lines) {
    ByteBuffer content =
        new Elf(Elf.AARCH64).section(".modinfo", String.join("\0", lines) + "\0").build();
    source.add(FOLDER + "/" + path + ".xz", new FileNode.Regular(0644, content));
  }

  /** As "unpacking" the content stays, and the path it was asked with is looked at. */
  private KernelModules modules() {
    return new KernelModules(
        source,
        FOLDER,
        (path, packed) -> {
          assertThat(path).startsWith("kernel/").endsWith(".ko.xz");
          return packed;
        });
  }

  private String table(KernelModules modules, String name) {
    FileTree guest = new FileTree();
    modules.addTo(guest);
    return guest
        .file(FOLDER + "/" + name)
        .map(file -> StandardCharsets.UTF_8.decode(file.content()).toString())
        .orElse("missing");
  }

  private static List<String> names(KernelModules modules) {
    return modules.selected().stream().map(KernelModule::name).toList();
  }

  @Test
  void whatAModuleNeedsComesBeforeIt() {
    module("kernel/net/a.ko", "depends=b,c");
    module("kernel/net/b.ko", "depends=c");
    module("kernel/net/c.ko", "depends=");
    module("kernel/net/other.ko", "depends=");
    KernelModules modules = modules();
    modules.select(List.of("a"));
    assertThat(names(modules)).containsExactly("c", "b", "a");
    assertThat(table(modules, "modules.dep"))
        .isEqualTo(
            """
            kernel/net/a.ko: kernel/net/b.ko kernel/net/c.ko
            kernel/net/b.ko: kernel/net/c.ko
            kernel/net/c.ko:
            """);
  }

  @Test
  void dashesAndUnderscoresAreTheSameName() {
    module("kernel/drivers/virtio-rng.ko", "depends=rng-core", "alias=virtio:d00000004v*");
    module("kernel/drivers/rng_core.ko", "depends=");
    KernelModules modules = modules();
    modules.select(List.of("virtio_rng"));
    assertThat(table(modules, "modules.alias")).isEqualTo("alias virtio:d00000004v* virtio_rng\n");
    assertThat(table(modules, "modules.dep"))
        .startsWith("kernel/drivers/rng_core.ko:\nkernel/drivers/virtio-rng.ko: ");
  }

  @Test
  void whatIsBuiltInNeedsNoFile() {
    KernelModules modules = modules();
    modules.select(List.of("virtiofs", "ext4"));
    assertThat(names(modules)).isEmpty();
    assertThat(table(modules, "modules.builtin")).isEqualTo(BUILT_IN);
  }

  @Test
  void whatIsOnlyWantedBeforehandComesAlongWhereItIs() {
    module("kernel/lib/libcrc32c.ko", "depends=", "softdep=pre: crc32c gone post: later");
    module("kernel/crypto/crc32c.ko", "depends=");
    module("kernel/crypto/later.ko", "depends=");
    KernelModules modules = modules();
    modules.select(List.of("libcrc32c"));
    assertThat(names(modules)).containsExactlyInAnyOrder("crc32c", "libcrc32c");
    assertThat(table(modules, "modules.dep")).contains("kernel/lib/libcrc32c.ko:\n");
  }

  @Test
  void twoThatWantEachOtherBothCome() {
    module("kernel/a.ko", "depends=", "softdep=pre: b");
    module("kernel/b.ko", "depends=a", "softdep=pre: a");
    KernelModules modules = modules();
    modules.select(List.of("b"));
    assertThat(names(modules)).containsExactly("a", "b");
  }

  @Test
  void aNameThatTheKernelDoesNotKnowIsSaid() {
    assertThatThrownBy(() -> modules().select(List.of("erofs")))
        .hasMessage("kernel module erofs not found");
  }

  @Test
  void aModuleWhoseNeedsAreMissingIsSaid() {
    module("kernel/a.ko", "depends=gone");
    assertThatThrownBy(() -> modules().select(List.of("a")))
        .hasMessage("kernel module a needs gone, which the package does not have");
  }

  @Test
  void modulesThatNeedEachOtherAreSaid() {
    module("kernel/a.ko", "depends=b");
    module("kernel/b.ko", "depends=a");
    assertThatThrownBy(() -> modules().select(List.of("a")))
        .hasMessage("kernel module a needs itself");
  }

  @Test
  void anAliasCannotMakeLinesOfItsOwn() {
    module("kernel/a.ko", "depends=", "alias=fs-a\nalias evil b");
    assertThatThrownBy(() -> modules().select(List.of("a")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("has the alias");
  }

  @Test
  void aFileWithoutModuleInformationIsRefused() {
    source.add(
        FOLDER + "/kernel/a.ko.xz", new FileNode.Regular(0644, new Elf(Elf.AARCH64).build()));
    assertThatThrownBy(() -> modules().select(List.of("a")))
        .hasMessage("kernel/a.ko has no section .modinfo");
  }
}
