package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.net.control.JsonText.JsonObject;
import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a successor of the switch must know: written aside and renamed, without sync, so that kill
 * -9 loses nothing. A power cut may leave the file empty or torn where the folder is on a disk; it
 * is set aside then, because no pod outlives a power cut.
 */
final class SwitchRecords {
  private static final int VERSION = 1;

  private final Path file;

  SwitchRecords(Path file) {
    this.file = file;
  }

  /** An attached port as it is written down. */
  record PortRecord(String name, String address, String token, List<PublishedPort> published) {
    PortRecord {
      published = List.copyOf(published);
    }
  }

  /**
   * Everything that is written down.
   *
   * @param range the pod range that it was written for
   * @param nextAddress where the search for free addresses goes on
   */
  record Written(String range, long nextAddress, List<PortRecord> ports) {
    Written {
      ports = List.copyOf(ports);
    }
  }

  /**
   * What was written, or nothing for a new folder. A file that cannot be understood becomes {@code
   * state.json.damaged}, and there is nothing either.
   *
   * @param range for which nothing was written
   * @param warnings is told of what was set aside
   * @throws Failure UNAVAILABLE where the file cannot be read; UNSUPPORTED where a newer version
   *     wrote it
   */
  Written read(String range, Consumer<String> warnings) {
    String text;
    try {
      text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException fresh) {
      return new Written(range, 0, List.of());
    } catch (IOException error) {
      throw Failure.unavailable("records of the switch at " + file, error);
    }
    try {
      return parse(JsonText.read(text));
    } catch (Failure wrong) {
      if (wrong.kind() == FailureKind.UNSUPPORTED) {
        throw Failure.unsupported(
            file + ": " + wrong.reason() + "; a newer Beagle wrote it and can end its pods");
      }
      setAside();
      warnings.accept(
          file
              + " is damaged and set aside ("
              + wrong.reason()
              + "): pods of before have no network until they are made anew");
      return new Written(range, 0, List.of());
    }
  }

  private void setAside() {
    Path damaged = file.resolveSibling(file.getFileName() + ".damaged");
    try {
      Files.move(file, damaged, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException error) {
      throw Failure.unavailable("damaged records of the switch at " + file, error);
    }
  }

  private static void requireAddress(String text) {
    try {
      IpAddress.parse(text);
    } catch (IllegalArgumentException wrong) {
      throw Failure.corrupted("a port's address is not one: " + text, wrong);
    }
  }

  private static Written parse(JsonObject json) {
    int version = json.integer("version", 1, Integer.MAX_VALUE);
    if (version > VERSION) {
      throw Failure.unsupported("its version is " + version + ", ours is " + VERSION);
    }
    List<PortRecord> ports = new ArrayList<>();
    for (JsonObject port : json.objects("ports")) {
      List<PublishedPort> published = new ArrayList<>();
      requireAddress(port.string("address"));
      port.objects("published").forEach(each -> published.add(PublishedPort.fromJson(each)));
      ports.add(
          new PortRecord(
              port.string("name"), port.string("address"), port.string("token"), published));
    }
    return new Written(json.string("range"), json.number("next_address"), ports);
  }

  void write(Written state) {
    List<JsonObject> ports = new ArrayList<>();
    for (PortRecord port : state.ports()) {
      List<JsonObject> published = new ArrayList<>();
      port.published().forEach(each -> published.add(each.toJson()));
      ports.add(
          new JsonObject()
              .put("name", port.name())
              .put("address", port.address())
              .put("token", port.token())
              .put("published", published));
    }
    JsonObject json =
        new JsonObject()
            .put("version", VERSION)
            .put("range", state.range())
            .put("next_address", state.nextAddress())
            .put("ports", ports);
    Path aside = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(aside, JsonText.write(json));
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      throw Failure.unavailable("records of the switch at " + file + " cannot be written", error);
    }
  }
}
