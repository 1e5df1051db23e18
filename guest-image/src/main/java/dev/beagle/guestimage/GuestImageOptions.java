package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * What the command line asks for.
 *
 * @param archive of Debian; empty for the one that this machine's apt uses
 * @param offline only what was downloaded before
 * @param refresh ask the archive also when an image as asked for is there
 * @param cache folder for downloads
 * @param output folder of the image
 * @param init the program that becomes the guest's first process; empty for none
 * @param scratchBytes size of the scratch disk
 * @param mke2fs empty to look for it
 */
record GuestImageOptions(
    Optional<URI> archive,
    boolean offline,
    boolean refresh,
    String suite,
    GuestArchitecture architecture,
    Path cache,
    Path output,
    Optional<Path> init,
    long scratchBytes,
    Optional<Path> mke2fs) {
  static final String USAGE =
      """
      usage: GuestImageMain --output FOLDER --cache FOLDER [OPTION]...
      Makes what a micro-VM boots out of Debian's packages: Image, initramfs, scratch.img, manifest.json.
        --output FOLDER        a link to a folder of that name and the image's checksum; replaced as a whole
        --cache FOLDER         keeps what is downloaded
        --archive URL          of a Debian archive; without it the one that this machine's apt uses
        --offline              use what was downloaded before
        --refresh              look for newer packages also where the image is there
        --suite NAME           trixie
        --architecture NAME    arm64
        --init FILE            becomes /init: a static program for the guest
        --scratch-size SIZE    64G; of the scratch disk, which takes room only for what is written
        --mke2fs FILE          where it is not found by itself\
      """;

  private static final String DEFAULT_SUITE = "trixie";
  private static final long DEFAULT_SCRATCH_BYTES = 64L << 30;

  GuestImageOptions {
    if (scratchBytes < ScratchDisk.MIN_BYTES || scratchBytes > ScratchDisk.MAX_BYTES) {
      throw Failure.invalidArgument("--scratch-size is from 64M to 8T");
    }
  }

  /**
   * @throws Failure INVALID_ARGUMENT
   */
  static GuestImageOptions parse(List<String> arguments) {
    Parsing parsing = new Parsing(arguments.iterator());
    while (parsing.arguments.hasNext()) {
      parsing.next();
    }
    return parsing.result();
  }

  private static final class Parsing {
    private final Iterator<String> arguments;
    private Optional<URI> archive = Optional.empty();
    private boolean offline;
    private boolean refresh;
    private String suite = DEFAULT_SUITE;
    private GuestArchitecture architecture = GuestArchitecture.ARM64;
    private Optional<Path> cache = Optional.empty();
    private Optional<Path> output = Optional.empty();
    private Optional<Path> init = Optional.empty();
    private long scratchBytes = DEFAULT_SCRATCH_BYTES;
    private Optional<Path> mke2fs = Optional.empty();

    Parsing(Iterator<String> arguments) {
      this.arguments = arguments;
    }

    private void next() {
      String option = arguments.next();
      switch (option) {
        case "--offline" -> offline = true;
        case "--refresh" -> refresh = true;
        case "--archive" -> archive = Optional.of(url(value(option)));
        case "--suite" -> suite = value(option);
        case "--architecture" -> architecture = GuestArchitecture.named(value(option));
        case "--cache" -> cache = Optional.of(Path.of(value(option)));
        case "--output" -> output = Optional.of(Path.of(value(option)));
        case "--init" -> init = Optional.of(Path.of(value(option)));
        case "--scratch-size" -> scratchBytes = size(value(option));
        case "--mke2fs" -> mke2fs = Optional.of(Path.of(value(option)));
        default ->
            throw Failure.invalidArgument(
                "unknown option " + option + "; --help says which there are");
      }
    }

    private String value(String option) {
      if (!arguments.hasNext()) {
        throw Failure.invalidArgument(option + " needs a value");
      }
      return arguments.next();
    }

    private GuestImageOptions result() {
      return new GuestImageOptions(
          archive,
          offline,
          refresh,
          suite,
          architecture,
          require("--cache", cache),
          require("--output", output),
          init,
          scratchBytes,
          mke2fs);
    }

    private static Path require(String option, Optional<Path> folder) {
      return folder
          .orElseThrow(() -> Failure.invalidArgument(option + " FOLDER is missing"))
          .toAbsolutePath()
          .normalize();
    }

    private static URI url(String text) {
      try {
        URI url = new URI(text);
        if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
          return url;
        }
      } catch (URISyntaxException notOne) {
        // said below
      }
      throw Failure.invalidArgument("--archive %s is no http or https URL".formatted(text));
    }

    /** "64G": powers of 1024. */
    private static long size(String text) {
      int unit = text.isEmpty() ? -1 : "MGT".indexOf(text.charAt(text.length() - 1));
      if (unit < 0 || !text.matches("[0-9]{1,6}[MGT]")) {
        throw Failure.invalidArgument("--scratch-size %s is none: 64G, 512M".formatted(text));
      }
      return Long.parseLong(text.substring(0, text.length() - 1)) << (20 + 10 * unit);
    }
  }
}
