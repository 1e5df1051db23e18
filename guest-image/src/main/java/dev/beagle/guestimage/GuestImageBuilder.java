package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.ImageManifest.FileFacts;
import dev.beagle.guestimage.archive.ArchiveSettings;
import dev.beagle.guestimage.archive.DebianArchive;
import dev.beagle.guestimage.archive.PackageEntry;
import dev.beagle.guestimage.archive.Sha256;
import dev.beagle.guestimage.cpio.NewcArchive;
import dev.beagle.guestimage.elf.ElfFile;
import dev.beagle.guestimage.tree.FileNode;
import dev.beagle.guestimage.tree.FileTree;
import dev.beagle.host.HostError;
import dev.beagle.time.Time;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Makes a guest image, step by step. Confined to one thread. */
final class GuestImageBuilder {
  private static final String IMAGE = "Image";
  private static final String INITRAMFS = "initramfs";
  private static final String SCRATCH = "scratch.img";

  private static final List<String> FILES = List.of(IMAGE, INITRAMFS, SCRATCH);

  private static final String INIT = "init";
  private static final long INIT_BYTES = 64 << 20;

  /**
   * Programs: package, path in it, path in the guest. Init links /sbin/modprobe, which is where the
   * kernel looks, to the program when it begins: the kernel itself asks two dozen times for modules
   * that nobody has while it boots, and each costs as much as a process does.
   */
  private static final List<List<String>> PROGRAMS =
      List.of(
          List.of("crun", "usr/bin/crun", "usr/bin/crun"),
          // Under this name busybox is modprobe and nothing else; why this one: decision 6.
          List.of("busybox", "usr/bin/busybox", "usr/sbin/modprobe"));

  private final GuestImageOptions options;
  private final ArchiveSettings archive;
  private final Time time;
  private final Consumer<String> progress;

  GuestImageBuilder(
      GuestImageOptions options, ArchiveSettings archive, Time time, Consumer<String> progress) {
    this.options = options;
    this.archive = archive;
    this.time = time;
    this.progress = progress;
  }

  /**
   * Returns the image's folder; makes nothing where the image that was asked for is there.
   *
   * @throws Failure saying what is in the way
   */
  Path ensure() throws InterruptedException {
    FileTree last = init();
    Sha256 request = request(last);
    try {
      if (!options.refresh() && isThere(request)) {
        return options.output().toRealPath();
      }
      try (DebianArchive debian = DebianArchive.open(archive, time, progress);
          OutputFolder output = OutputFolder.begin(options.output())) {
        make(debian, output, request, last);
        Path folder = output.commit();
        progress.accept("done: " + folder);
        return folder;
      }
    } catch (IOException error) {
      throw HostError.of("cannot write the guest image " + options.output(), error);
    }
  }

  private boolean isThere(Sha256 request) {
    return ImageManifest.request(options.output()).equals(Optional.of(request))
        && FILES.stream().map(options.output()::resolve).allMatch(Files::isRegularFile);
  }

  private void make(DebianArchive debian, OutputFolder output, Sha256 request, FileTree last)
      throws IOException, InterruptedException {
    Map<String, PackageEntry> packages = new TreeMap<>();
    GuestKernel kernel = GuestKernel.from(debian, options.architecture());
    packages.put(kernel.source().name(), kernel.source());
    write(output.file(IMAGE), kernel.image());
    progress.accept(
        "kernel: %s, %d modules".formatted(kernel.source(), kernel.modules().selected().size()));

    FileTree guest = skeleton();
    kernel.modules().addTo(guest);
    GuestPrograms programs = new GuestPrograms(debian, options.architecture(), guest);
    PROGRAMS.forEach(each -> programs.add(each.get(0), each.get(1), each.get(2)));
    programs.used().forEach(entry -> packages.put(entry.name(), entry));
    progress.accept(
        "programs: %s"
            .formatted(
                String.join(", ", programs.used().stream().map(PackageEntry::toString).toList())));

    long bytes;
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(output.file(INITRAMFS)))) {
      bytes = NewcArchive.write(out, guest, last);
    }
    progress.accept(
        "initramfs: %.1f MB%s"
            .formatted(bytes / 1e6, options.init().isPresent() ? "" : ", without /init"));

    ScratchDisk.make(options.mke2fs(), output.file(SCRATCH), options.scratchBytes());
    progress.accept("scratch disk: %d MiB, sparse".formatted(options.scratchBytes() >> 20));

    Map<String, FileFacts> files = new LinkedHashMap<>();
    files.put(IMAGE, FileFacts.of(output.file(IMAGE)));
    files.put(INITRAMFS, FileFacts.of(output.file(INITRAMFS)));
    files.put(SCRATCH, new FileFacts(options.scratchBytes(), Optional.empty()));
    Files.writeString(
        output.file(ImageManifest.FILE),
        ImageManifest.text(options, request, debian, packages.values(), kernel.release(), files));
  }

  private static void write(Path file, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /** What there is besides files of packages. /sbin is empty: see {@link #PROGRAMS}. */
  private static FileTree skeleton() {
    FileTree guest = new FileTree();
    for (String name :
        List.of("dev", "etc", "proc", "run", "sbin", "sys", "usr/bin", "usr/lib", "usr/sbin")) {
      guest.add(name, new FileNode.Directory(0755));
    }
    for (String name : List.of("bin", "lib")) {
      guest.add(name, new FileNode.Symlink("usr/" + name));
    }
    return guest
        .add("tmp", new FileNode.Directory(01777))
        .add("dev/console", new FileNode.CharacterDevice(0600, 5, 1));
  }

  /** The guest's first program, behind all else: it changes most often. */
  private FileTree init() {
    FileTree tree = new FileTree();
    if (options.init().isEmpty()) {
      return tree;
    }
    Path file = options.init().get();
    try {
      if (Files.size(file) > INIT_BYTES) {
        throw Failure.invalidArgument(
            "--init %s has more than %d bytes".formatted(file, INIT_BYTES));
      }
      ByteBuffer program = ByteBuffer.wrap(Files.readAllBytes(file));
      ElfFile elf = ElfFile.parse("--init " + file, program);
      if (elf.machine() != options.architecture().elfMachine() || elf.interpreter().isPresent()) {
        throw Failure.invalidArgument(
            "--init %s is no static program for %s"
                .formatted(file, options.architecture().debianName()));
      }
      return tree.add(INIT, new FileNode.Regular(0755, program));
    } catch (IOException error) {
      throw Failure.of(
          FailureKind.INVALID_ARGUMENT, "--init %s cannot be read".formatted(file), error);
    }
  }

  /** All that decides about the image but what the archive has. */
  private Sha256 request(FileTree last) {
    String init =
        last.file(INIT).map(file -> Sha256.of(bytes(file.content())).hex()).orElse("none");
    String text =
        String.join(
            "\n",
            "format " + ImageManifest.FORMAT,
            "suite " + options.suite(),
            "architecture " + options.architecture().debianName(),
            "init " + init,
            "scratch %d %s".formatted(options.scratchBytes(), ScratchDisk.recipe()),
            "skeleton " + skeleton().nodes(),
            "modules " + GuestModules.NAMES,
            "programs " + PROGRAMS);
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
