package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import dev.beagle.guestimage.archive.DebianArchive;
import dev.beagle.guestimage.archive.PackageEntry;
import dev.beagle.guestimage.archive.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * manifest.json of an image: what it is made of. Nothing of it is a time or a place of its making,
 * so that the same inputs give the same bytes.
 */
final class ImageManifest {
  static final String FILE = "manifest.json";

  /** Counts on when the image changes in a way that its readers have to know. */
  static final int FORMAT = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ImageManifest() {}

  /**
   * @param request what was asked for, as a checksum
   * @param files of the image, by name, and checksums of those that are not sparse
   */
  static String text(
      GuestImageOptions options,
      Sha256 request,
      DebianArchive archive,
      Collection<PackageEntry> packages,
      String kernelRelease,
      Map<String, FileFacts> files) {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT);
    root.put("architecture", options.architecture().debianName());
    root.put("request", request.hex());
    ObjectNode suite = root.putObject("archive");
    suite.put("suite", archive.suite());
    suite.put("version", archive.version());
    suite.put("date", archive.date().toString());
    root.put("kernel", kernelRelease);
    ArrayNode list = root.putArray("packages");
    for (PackageEntry each : packages) {
      ObjectNode entry = list.addObject();
      entry.put("name", each.name());
      entry.put("version", each.version().text());
      entry.put("architecture", each.architecture());
      entry.put("sha256", each.sha256().hex());
    }
    ObjectNode content = root.putObject("files");
    files.forEach((name, facts) -> {
      ObjectNode entry = content.putObject(name);
      entry.put("bytes", facts.bytes());
      facts.sha256().ifPresent(sha256 -> entry.put("sha256", sha256.hex()));
    });
    return JSON.writeValueAsString(root) + "\n";
  }

  /**
   * @param sha256 empty for a file of gigabytes of nothing
   */
  record FileFacts(long bytes, Optional<Sha256> sha256) {
    static FileFacts of(Path file) throws IOException {
      return new FileFacts(Files.size(file), Optional.of(Sha256.ofFile(file)));
    }
  }

  /** What an image that is there was asked for; empty where there is none, or of another format. */
  static Optional<Sha256> request(Path image) {
    try {
      JsonNode root = JSON.readTree(Files.readString(image.resolve(FILE)));
      return root.path("format").asInt(0) == FORMAT
          ? Optional.of(new Sha256(root.path("request").asString("")))
          : Optional.empty();
    } catch (IOException | JacksonException | Failure unusable) {
      return Optional.empty();
    }
  }
}
