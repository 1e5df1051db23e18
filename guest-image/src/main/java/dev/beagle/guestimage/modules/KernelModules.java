package dev.beagle.guestimage.modules;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * The modules of one kernel: those that are wanted with all that they need, and the tables by which
 * modprobe finds them, as depmod(8) would write them. Confined to one thread.
 */
public final class KernelModules {
  private static final String BUILT_IN = "modules.builtin";
  private static final int FILE_MODE = 0644;

  private final FileTree source;
  private final String folder;
  private final BiFunction<String, ByteBuffer, ByteBuffer> unpack;

  /** Paths below the folder, with the ending of their compression, by name. */
  private final Map<String, String> paths = new HashMap<>();

  private final Set<String> builtIn = new HashSet<>();

  /** Each behind what it needs. */
  private final Map<String, KernelModule> selected = new LinkedHashMap<>();

  private final Set<String> open = new HashSet<>();

  /**
   * @param folder of the kernel's modules in the tree: "usr/lib/modules/6.12.107+deb13-cloud-arm64"
   * @param unpack from a file's path and content to what it has when it is not compressed
   */
  public KernelModules(
      FileTree source, String folder, BiFunction<String, ByteBuffer, ByteBuffer> unpack) {
    this.source = source;
    this.folder = folder;
    this.unpack = unpack;
    String prefix = folder + "/";
    for (String path : source.nodes().tailMap(prefix, false).keySet()) {
      if (!path.startsWith(prefix)) {
        break;
      }
      String below = path.substring(prefix.length());
      if (below.matches(".*\\.ko(\\.[a-z]+)?")) {
        paths.put(KernelModule.nameOf(below), below);
      }
    }
    builtInText().lines().map(KernelModule::nameOf).forEach(builtIn::add);
  }

  private String builtInText() {
    return source
        .file(folder + "/" + BUILT_IN)
        .map(file -> StandardCharsets.UTF_8.decode(file.content()).toString())
        .orElseThrow(() -> Failure.corrupted("the kernel's package has no " + BUILT_IN));
  }

  /**
   * Takes modules and what they need. What is built into the kernel is there already.
   *
   * @throws Failure NOT_FOUND for a name that the kernel does not know, CORRUPTED for a module that
   *     needs one that is not there
   */
  public void select(Collection<String> names) {
    for (String each : names) {
      String name = KernelModule.canonical(each);
      if (!builtIn.contains(name)) {
        if (!paths.containsKey(name)) {
          throw Failure.notFound("kernel module", each);
        }
        take(name);
      }
    }
  }

  private void take(String name) {
    if (selected.containsKey(name)) {
      return;
    }
    if (!open.add(name)) {
      throw Failure.corrupted("kernel module %s needs itself".formatted(name));
    }
    KernelModule module = read(name);
    for (String needed : module.depends()) {
      if (!builtIn.contains(needed)) {
        if (!paths.containsKey(needed)) {
          throw Failure.corrupted(
              "kernel module %s needs %s, which the package does not have".formatted(name, needed));
        }
        take(needed);
      }
    }
    open.remove(name);
    selected.put(name, module);
    // Wanted, not needed: it may well need this one.
    module.softDepends().stream().filter(paths::containsKey).forEach(this::takeSoftly);
  }

  private void takeSoftly(String name) {
    if (!open.contains(name)) {
      take(name);
    }
  }

  private KernelModule read(String name) {
    String path = paths.getOrDefault(name, "");
    FileNode.Regular file =
        source
            .file(folder + "/" + path)
            .orElseThrow(() -> Failure.corrupted("kernel module %s is no file".formatted(path)));
    String plain = path.substring(0, path.lastIndexOf(".ko") + 3);
    return KernelModule.parse(plain, unpack.apply(path, file.content()));
  }

  /** What was selected, each behind what it needs. */
  public List<KernelModule> selected() {
    return List.copyOf(selected.values());
  }

  /**
   * Puts modules and tables into a tree, at the same folder.
   *
   * <p>The tables are those that a modprobe without indexes of its own reads: modules.dep (all that
   * a module needs, what is loaded last first), modules.alias and the kernel's own modules.builtin.
   * What a module only wants before it, the kernel asks modprobe for while it loads it.
   */
  public void addTo(FileTree guest) {
    TreeMap<String, KernelModule> byPath = new TreeMap<>();
    selected.values().forEach(module -> byPath.put(module.path(), module));
    StringBuilder dependencies = new StringBuilder();
    StringBuilder aliases = new StringBuilder();
    for (KernelModule module : byPath.values()) {
      guest.add(folder + "/" + module.path(), new FileNode.Regular(FILE_MODE, module.content()));
      dependencies.append(module.path()).append(':');
      chain(module).forEach(path -> dependencies.append(' ').append(path));
      dependencies.append('\n');
      for (String alias : module.aliases()) {
        aliases.append("alias %s %s\n".formatted(alias, module.name()));
      }
    }
    addText(guest, "modules.dep", dependencies.toString());
    addText(guest, "modules.alias", aliases.toString());
    addText(guest, BUILT_IN, builtInText());
  }

  private void addText(FileTree guest, String name, String text) {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    guest.add(folder + "/" + name, new FileNode.Regular(FILE_MODE, bytes));
  }

  /** Paths of all that a module needs, directly or not, what is loaded last first. */
  private List<String> chain(KernelModule module) {
    Set<String> needed = new HashSet<>();
    collect(module, needed);
    List<String> order = new ArrayList<>();
    selected.forEach((name, each) -> {
      if (needed.contains(name)) {
        order.addFirst(each.path());
      }
    });
    return order;
  }

  private void collect(KernelModule module, Set<String> needed) {
    for (String name : module.depends()) {
      if (needed.add(name)) {
        Optional.ofNullable(selected.get(name)).ifPresent(next -> collect(next, needed));
      }
    }
  }
}
