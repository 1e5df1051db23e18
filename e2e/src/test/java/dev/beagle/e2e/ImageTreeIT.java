package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What a container sees of an image is what the layers say, as another implementation of their
 * rules understands them.
 */
final class ImageTreeIT extends NodeIT {
  /** Mounted or written by the runtime in every container. */
  private static final Set<String> OF_THE_RUNTIME =
      Set.of("dev", "proc", "sys", "etc/hosts", "etc/hostname", "etc/resolv.conf", "run");

  @Override
  List<String> images() {
    return List.of(Crictl.FOUR_LAYERS);
  }

  @Test
  void aContainersRootEqualsWhatUmociUnpacks() throws Exception {
    for (String tool : List.of("skopeo", "umoci")) {
      assumeTrue(
          Command.run(List.of("sh", "-c", "command -v " + tool)).exit() == 0,
          "not here: the Debian package " + tool);
    }
    Path layout = node().base().resolve("layout");
    Path bundle = node().base().resolve("bundle");
    Command.run(
            List.of(
                "skopeo",
                "copy",
                "-q",
                "--src-tls-verify=false",
                "docker://127.0.0.1:" + REGISTRY_PORT + "/library/four-layers:latest",
                "oci:" + layout + ":latest"))
        .ok();
    Command.run(List.of("umoci", "unpack", "--image", layout + ":latest", bundle.toString())).ok();

    Crictl.Pod pod = crictl().runPod(Config.pod(node(), "tree"));
    String id =
        crictl().startContainer(pod, Config.container("c", Crictl.FOUR_LAYERS, "sleep", "1000"));
    Map<String, String> expected = describe(bundle.resolve("rootfs"));
    Map<String, String> seen = describe(Path.of("/proc", Long.toString(crictl().pid(id)), "root"));
    assertThat(expected).hasSizeGreaterThan(10_000).containsKeys("odd/setuid", "odd/fifo");
    assertThat(differences(expected, seen))
        .as("differences among %d entries", expected.size())
        .isEmpty();
    Folders.delete(layout);
    Folders.delete(bundle);
  }

  private static List<String> differences(Map<String, String> expected, Map<String, String> seen) {
    Set<String> names = new TreeSet<>(expected.keySet());
    names.addAll(seen.keySet());
    return names.stream()
        .filter(name ->
            !expected.getOrDefault(name, "absent").equals(seen.getOrDefault(name, "absent")))
        .map(name ->
            name
                + ": expected "
                + expected.getOrDefault(name, "absent")
                + ", seen "
                + seen.getOrDefault(name, "absent"))
        .limit(20)
        .toList();
  }

  /**
   * Path to type and mode, owner, size or target or device, extended attributes, content; for files
   * with several links, the first of them.
   */
  private static Map<String, String> describe(Path root) throws IOException {
    Map<String, String> entries = new TreeMap<>();
    Map<String, String> links = new TreeMap<>();
    // The walk's start may be a link itself, as /proc/N/root is.
    try (var top = Files.newDirectoryStream(root)) {
      Set<Path> sorted = new TreeSet<>();
      top.forEach(sorted::add);
      for (Path path : sorted) {
        Set<Path> below =
            OF_THE_RUNTIME.contains(root.relativize(path).toString())
                ? Set.of()
                : Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    ? Folders.tree(path)
                    : Set.of(path);
        for (Path entry : below) {
          String name = root.relativize(entry).toString();
          if (!OF_THE_RUNTIME.contains(name)) {
            entries.put(name, describe(entry, name, links));
          }
        }
      }
    }
    return entries;
  }

  private static String describe(Path path, String name, Map<String, String> links) {
    try {
      Map<String, Object> unix =
          Files.readAttributes(
              path, "unix:mode,uid,gid,size,rdev,dev,ino,nlink", LinkOption.NOFOLLOW_LINKS);
      int mode = number(unix, "mode");
      StringBuilder text =
          new StringBuilder("%o %s:%s".formatted(mode, unix.get("uid"), unix.get("gid")));
      switch (mode & 0170000) {
        case 0100000 -> {
          text.append(" %s bytes ".formatted(unix.get("size")))
              .append(digest(path))
              .append(attributes(path));
          if (number(unix, "nlink") > 1) {
            text.append(" same as ")
                .append(
                    links.computeIfAbsent(unix.get("dev") + ":" + unix.get("ino"), file -> name));
          }
        }
        case 0120000 -> text.append(" to ").append(Files.readSymbolicLink(path));
        case 0020000, 0060000 -> text.append(" device ").append(unix.get("rdev"));
        default -> {}
      }
      return text.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int number(Map<String, Object> attributes, String name) {
    return (Integer) Objects.requireNonNull(attributes.get(name), name);
  }

  private static String digest(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      DigestInputStream digest = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"));
      digest.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.getMessageDigest().digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String attributes(Path file) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(
            file, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    StringBuilder text = new StringBuilder();
    for (String name : new TreeSet<>(view.list())) {
      ByteBuffer value = ByteBuffer.allocate(view.size(name));
      view.read(name, value);
      text.append(" user.")
          .append(name)
          .append('=')
          .append(new String(value.array(), StandardCharsets.UTF_8));
    }
    return text.toString();
  }
}
