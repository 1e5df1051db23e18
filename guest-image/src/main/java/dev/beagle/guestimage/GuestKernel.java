package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.archive.DebianArchive;
import dev.beagle.guestimage.archive.PackageEntry;
import dev.beagle.guestimage.deb.DebFile;
import dev.beagle.guestimage.deb.Unpacking;
import dev.beagle.guestimage.modules.KernelModules;
import dev.beagle.guestimage.tree.FileTree;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The kernel of a guest.
 *
 * @param release what uname says
 * @param image as machines load it
 * @param modules those that guests get
 */
record GuestKernel(PackageEntry source, String release, ByteBuffer image, KernelModules modules) {
  private static final String BOOT = "boot/vmlinuz-";
  private static final List<String> MODULE_FOLDERS = List.of("usr/lib/modules", "lib/modules");
  private static final long UNPACKED_BYTES = 512L << 20;
  private static final int MODULE_BYTES = 32 << 20;

  /**
   * The newest signed one that the archive has.
   *
   * @throws Failure NOT_FOUND, UNSUPPORTED, CORRUPTED
   */
  static GuestKernel from(DebianArchive archive, GuestArchitecture architecture) {
    PackageEntry entry =
        archive
            .packages()
            .newest(architecture.kernelPackage())
            .orElseThrow(() ->
                Failure.notFound(
                    "kernel package",
                    "%s in suite %s".formatted(architecture.kernelPackage(), archive.suite())));
    FileTree files =
        DebFile.read(
            archive.fetch(entry),
            path -> path.startsWith(BOOT) || path.contains("lib/modules/"),
            UNPACKED_BYTES);
    String boot = only(entry, files.names("boot").stream().map(name -> "boot/" + name).toList());
    ByteBuffer image = files.file(boot).map(file -> file.content()).orElseThrow();
    architecture.requireKernel(entry + ", " + boot, image);
    String folder = moduleFolder(entry, files);
    KernelModules modules = new KernelModules(files, folder, GuestKernel::unpacked);
    modules.select(GuestModules.NAMES);
    String release = folder.substring(folder.lastIndexOf('/') + 1);
    return new GuestKernel(entry, release, image, modules);
  }

  private static String moduleFolder(PackageEntry entry, FileTree files) {
    Set<String> found = new TreeSet<>();
    for (String folder : MODULE_FOLDERS) {
      files.names(folder).forEach(name -> found.add(folder + "/" + name));
    }
    return only(entry, List.copyOf(found));
  }

  private static String only(PackageEntry entry, List<String> found) {
    if (found.size() != 1) {
      throw Failure.corrupted(
          "package %s has %s where one kernel was expected".formatted(entry, found));
    }
    return found.getFirst();
  }

  /** "kernel/fs/erofs/erofs.ko.xz" */
  private static ByteBuffer unpacked(String path, ByteBuffer packed) {
    String ending = path.substring(path.lastIndexOf(".ko") + ".ko".length());
    return Unpacking.whole("kernel module " + path, ending, packed, MODULE_BYTES);
  }
}
