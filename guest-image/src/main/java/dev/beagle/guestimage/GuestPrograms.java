package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.archive.DebianArchive;
import dev.beagle.guestimage.archive.PackageEntry;
import dev.beagle.guestimage.deb.DebFile;
import dev.beagle.guestimage.elf.ElfFile;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Puts programs of packages into a guest, each with the dynamic linker and the libraries that it is
 * linked with, and nothing else of their packages. A library is looked for in the package that
 * needs it and in those which that one depends on. Confined to one thread.
 */
final class GuestPrograms {
  private static final long UNPACKED_BYTES = 256L << 20;
  private static final int PROGRAM_MODE = 0755;

  private final DebianArchive archive;
  private final GuestArchitecture architecture;
  private final FileTree guest;
  private final List<String> libraryFolders;
  private final Map<String, FileTree> unpacked = new TreeMap<>();
  private final Map<String, PackageEntry> used = new TreeMap<>();

  /** What is in the guest already, by the name that it is needed under. */
  private final Map<String, String> libraries = new LinkedHashMap<>();

  /** A file of a package that the guest gets. */
  private record Part(PackageEntry source, String path, FileNode.Regular file) {
    ElfFile elf() {
      return ElfFile.parse("%s of package %s".formatted(path, source), file.content());
    }
  }

  /**
   * @param guest that programs are put into; its lib is a link to usr/lib
   */
  GuestPrograms(DebianArchive archive, GuestArchitecture architecture, FileTree guest) {
    this.archive = archive;
    this.architecture = architecture;
    this.guest = guest;
    libraryFolders =
        List.of(
            "usr/lib/" + architecture.triplet(), "lib/" + architecture.triplet(), "usr/lib", "lib");
  }

  /**
   * @param path of the program in its package
   * @param guestPath where the guest gets it
   * @throws Failure NOT_FOUND, UNAVAILABLE, CORRUPTED
   */
  void add(String packageName, String path, String guestPath) {
    PackageEntry source = archive.packages().require(packageName);
    FileNode.Regular file =
        files(source)
            .file(path)
            .orElseThrow(
                () -> Failure.notFound("program", "%s in package %s".formatted(path, source)));
    Part program = new Part(source, path, file);
    Deque<Part> open = new ArrayDeque<>(List.of(program));
    put(program, guestPath);
    program.elf().interpreter().ifPresent(linker -> open.addAll(addLinker(program, linker)));
    while (!open.isEmpty()) {
      Part next = open.remove();
      for (String needed : next.elf().needed()) {
        if (!libraries.containsKey(needed)) {
          Part library = find(next, needed);
          String at = libraryFolders.getFirst() + "/" + needed;
          libraries.put(needed, at);
          put(library, at);
          open.add(library);
        }
      }
    }
  }

  /** The dynamic linker stands where programs say, and is a library under its own name as well. */
  private List<Part> addLinker(Part program, String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (libraries.containsKey(name)) {
      return List.of();
    }
    Part linker = find(program, name);
    String at = path.startsWith("/lib") ? "usr" + path : path.substring(1);
    libraries.put(name, at);
    put(linker, at);
    return List.of(linker);
  }

  private void put(Part part, String guestPath) {
    int machine = part.elf().machine();
    if (machine != architecture.elfMachine()) {
      throw Failure.corrupted(
          "%s of package %s is for ELF machine %d, %s is %d"
              .formatted(
                  part.path(),
                  part.source(),
                  machine,
                  architecture.debianName(),
                  architecture.elfMachine()));
    }
    guest.add(guestPath, new FileNode.Regular(PROGRAM_MODE, part.file().content()));
    used.put(part.source().name(), part.source());
  }

  private Part find(Part who, String name) {
    Optional<Part> own = in(who.source(), name);
    if (own.isPresent()) {
      return own.get();
    }
    // First what is here: most need the C library only.
    List<PackageEntry> known = archive.packages().dependencies(who.source());
    List<PackageEntry> here =
        known.stream().filter(each -> unpacked.containsKey(each.name())).toList();
    for (List<PackageEntry> some : List.of(here, known)) {
      for (PackageEntry each : some) {
        Optional<Part> found = in(each, name);
        if (found.isPresent()) {
          return found.get();
        }
      }
    }
    throw Failure.notFound(
        "library",
        "%s, which %s of package %s needs, in the packages that this one depends on"
            .formatted(name, who.path(), who.source()));
  }

  private Optional<Part> in(PackageEntry source, String name) {
    FileTree files = files(source);
    return libraryFolders.stream()
        .map(folder -> folder + "/" + name)
        .flatMap(path -> files.file(path).map(file -> new Part(source, path, file)).stream())
        .findFirst();
  }

  private FileTree files(PackageEntry source) {
    return unpacked.computeIfAbsent(
        source.name(), _ -> DebFile.read(archive.fetch(source), _ -> true, UNPACKED_BYTES));
  }

  /** The packages that something was taken of, by name. */
  Collection<PackageEntry> used() {
    return used.values();
  }

  int libraryCount() {
    return libraries.size();
  }
}
