package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes the disk that a guest writes to: an empty ext4 in a sparse file, of which each machine gets
 * a copy. By the host's mke2fs, with everything fixed that it would choose by itself: identity,
 * times, and the features, so that its configuration on this host does not matter either.
 *
 * <p>No journal: the disk dies with its machine, nobody will mount it after a crash, and a journal
 * would write everything about files twice. No checksums of metadata, for the same reason. The
 * tables of inodes are marked as zero, as a sparse file has them, so that no guest fills them in
 * the background.
 */
final class ScratchDisk {
  private static final String IDENTITY = "b3a61e00-5c4a-4c1e-8d15-000000000001";
  private static final String FEATURES =
      "none,extent,filetype,dir_index,dir_nlink,extra_isize,large_file,huge_file,sparse_super,"
          + "flex_bg,uninit_bg";
  private static final String EXTENDED =
      "hash_seed="
          + IDENTITY
          + ",assume_storage_prezeroed=1,nodiscard,root_owner=0:0,packed_meta_blocks=1";
  private static final String CONFIGURATION = "[fs_types]\n\text4 = {\n\t}\n";
  private static final String TIME = "1";
  private static final List<String> FOLDERS =
      List.of(
          "/usr/sbin",
          "/sbin",
          "/usr/local/sbin",
          "/usr/bin",
          "/opt/homebrew/opt/e2fsprogs/sbin",
          "/usr/local/opt/e2fsprogs/sbin");
  private static final int SECONDS = 120;
  private static final int MESSAGE_CHARACTERS = 400;

  static final long MIN_BYTES = 64L << 20;

  /** Without the feature 64bit. */
  static final long MAX_BYTES = 8L << 40;

  private ScratchDisk() {}

  /** All that decides about the disk but its size. */
  static String recipe() {
    return FEATURES + " " + EXTENDED;
  }

  /**
   * @param mke2fs empty to look for it where it usually is
   * @param file that is made
   * @throws Failure UNSUPPORTED where there is no mke2fs, or one that is too old
   */
  static void make(Optional<Path> mke2fs, Path file, long bytes)
      throws IOException, InterruptedException {
    Path program = mke2fs.or(ScratchDisk::find).orElseThrow(ScratchDisk::missing);
    Path configuration = Files.createTempFile("beagle-mke2fs", ".conf");
    Path output = Files.createTempFile("beagle-mke2fs", ".log");
    try {
      Files.writeString(configuration, CONFIGURATION);
      ProcessBuilder process =
          new ProcessBuilder(command(program, file, bytes))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      process.environment().clear();
      process.environment().put("MKE2FS_CONFIG", configuration.toString());
      process.environment().put("E2FSPROGS_FAKE_TIME", TIME);
      process.environment().put("SOURCE_DATE_EPOCH", TIME);
      run(program, process, output);
    } finally {
      Files.deleteIfExists(configuration);
      Files.deleteIfExists(output);
    }
  }

  private static List<String> command(Path program, Path file, long bytes) {
    return List.of(
        program.toString(),
        "-q",
        "-F",
        "-t",
        "ext4",
        "-b",
        "4096",
        "-I",
        "256",
        "-i",
        "16384",
        "-G",
        "512",
        "-m",
        "0",
        "-U",
        IDENTITY,
        "-L",
        "scratch",
        "-O",
        FEATURES,
        "-E",
        EXTENDED,
        file.toString(),
        bytes / 1024 + "k");
  }

  private static void run(Path program, ProcessBuilder builder, Path output)
      throws IOException, InterruptedException {
    Process process;
    try {
      process = builder.start();
    } catch (IOException error) {
      throw Failure.of(
          FailureKind.UNSUPPORTED,
          "%s cannot be run: %s; another one: --mke2fs FILE".formatted(program, error.getMessage()),
          error);
    }
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw Failure.timedOut("%s was not done after %d s".formatted(program, SECONDS));
      }
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      String said = Files.readString(output, StandardCharsets.UTF_8).strip().replace('\n', ' ');
      throw Failure.unsupported(
          "%s made no scratch disk (1.47 of e2fsprogs or later does): %s"
              .formatted(program, said.substring(0, Math.min(said.length(), MESSAGE_CHARACTERS))));
    }
  }

  private static Optional<Path> find() {
    return FOLDERS.stream()
        .map(folder -> Path.of(folder, "mke2fs"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Failure missing() {
    return Failure.unsupported(
        "mke2fs is not here, so the scratch disk cannot be made (Debian: apt install e2fsprogs;"
            + " macOS: brew install e2fsprogs); or name it: --mke2fs FILE");
  }
}
