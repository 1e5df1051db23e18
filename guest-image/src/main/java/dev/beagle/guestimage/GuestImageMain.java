package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.guestimage.archive.AptSources;
import dev.beagle.guestimage.archive.ArchiveSettings;
import dev.beagle.guestimage.signature.TrustedKey;
import dev.beagle.time.Time;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The program that makes guest images: see {@link GuestImageOptions#USAGE}. Says a line for each
 * step on standard error, nothing where the image is there already; on failure one line, and exit
 * status 2 for wrong usage, else 1.
 */
public final class GuestImageMain {
  private static final String NAME = "guest-image: ";
  private static final List<Path> KEYRINGS = List.of(Path.of("/usr/share/keyrings"));

  private GuestImageMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    if (List.of(arguments).contains("--help")) {
      System.out.println(GuestImageOptions.USAGE);
      return;
    }
    try {
      GuestImageOptions options = GuestImageOptions.parse(List.of(arguments));
      new GuestImageBuilder(options, settings(options), Time.system(), GuestImageMain::say)
          .ensure();
    } catch (Failure failure) {
      say(failure.reason());
      System.exit(failure.kind() == FailureKind.INVALID_ARGUMENT ? 2 : 1);
    }
  }

  private static ArchiveSettings settings(GuestImageOptions options) {
    Optional<URI> url =
        options.offline()
            ? Optional.empty()
            : options.archive().or(() -> AptSources.archive(Path.of("/")));
    return new ArchiveSettings(
        url,
        options.suite(),
        options.architecture().debianName(),
        options.cache(),
        KEYRINGS,
        TrustedKey.DEBIAN);
  }

  private static void say(String line) {
    System.err.println(NAME + Failure.printable(line));
  }
}
