package dev.beagle.guestimage.modules;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.elf.ElfFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A module of Linux and what it says of itself in its section ".modinfo" (include/linux/module.h).
 *
 * @param name with underscores, as the kernel shows it
 * @param path below the folder of the kernel's modules: "kernel/fs/erofs/erofs.ko"
 * @param depends names of modules that have to be there before
 * @param softDepends names of those that it wants before, where there are such
 * @param aliases patterns by which the kernel asks for it
 */
public record KernelModule(
    String name,
    String path,
    List<String> depends,
    List<String> softDepends,
    List<String> aliases,
    ByteBuffer content) {
  private static final String SECTION = ".modinfo";

  public KernelModule {
    depends = List.copyOf(depends);
    softDepends = List.copyOf(softDepends);
    aliases = List.copyOf(aliases);
    content = content.slice().asReadOnlyBuffer();
  }

  /** From the beginning, each time. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }

  /**
   * @param path without the ending of a compression
   * @param content not compressed; its signature behind the ELF file stays
   * @throws Failure CORRUPTED
   */
  static KernelModule parse(String path, ByteBuffer content) {
    ByteBuffer section =
        ElfFile.parse(path, content)
            .section(SECTION)
            .orElseThrow(() -> Failure.corrupted("%s has no section %s".formatted(path, SECTION)));
    byte[] bytes = new byte[section.remaining()];
    section.get(bytes);
    List<String> depends = new ArrayList<>();
    List<String> soft = new ArrayList<>();
    List<String> aliases = new ArrayList<>();
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\0", -1)) {
      int equals = line.indexOf('=');
      String value = line.substring(equals + 1);
      switch (equals < 0 ? "" : line.substring(0, equals)) {
        case "depends" -> names(value, ",").forEach(depends::add);
        case "softdep" -> soft.addAll(before(value));
        case "alias" -> aliases.add(requireOneWord(path, value));
        default -> {} // authors, parameters and the like
      }
    }
    return new KernelModule(nameOf(path), path, depends, soft, aliases, content);
  }

  /** "kernel/fs/erofs/erofs.ko" is erofs; "virtio-rng.ko" is virtio_rng. */
  static String nameOf(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    int dot = file.indexOf('.');
    return canonical(dot < 0 ? file : file.substring(0, dot));
  }

  /** Both are written for the same module. */
  static String canonical(String name) {
    return name.replace('-', '_');
  }

  private static List<String> names(String text, String separator) {
    return Arrays.stream(text.split(separator, -1))
        .map(String::strip)
        .filter(each -> !each.isEmpty())
        .map(KernelModule::canonical)
        .toList();
  }

  /** Of "pre: a b post: c" what stands behind "pre:". */
  private static List<String> before(String text) {
    List<String> found = new ArrayList<>();
    boolean pre = false;
    for (String word : text.strip().split("\\s+", -1)) {
      if (word.endsWith(":")) {
        pre = word.equals("pre:");
      } else if (pre && !word.isEmpty()) {
        found.add(canonical(word));
      }
    }
    return found;
  }

  /** It becomes a word of a table of lines. */
  private static String requireOneWord(String path, String alias) {
    if (alias.isEmpty() || alias.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw Failure.corrupted("%s has the alias \"%s\"".formatted(path, alias));
    }
    return alias;
  }
}
