package dev.beagle.image.erofs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.image.testing.TarBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random trees, written and read back, are what went in; names are any bytes. */
class ErofsRoundTripPropertyTest {
  @Property(tries = 150)
  void whatGoesInComesOut(@ForAll long seed, @ForAll @IntRange(max = 400) int entries)
      throws IOException {
    RandomTree tree = new RandomTree(seed);
    for (int i = 0; i < entries; i++) {
      tree.addOne();
    }
    Path folder = Files.createTempDirectory("erofs-property");
    Path image = folder.resolve("image");
    try {
      TestImages.write(image, tree.tar.build());
      assertThat(TestImages.tree(image)).isEqualTo(tree.expected());
    } finally {
      Files.deleteIfExists(image);
      Files.delete(folder);
    }
  }

  /** Builds an archive and, beside it, the lines that {@link TestImages#tree} must give. */
  private static final class RandomTree {
    private final TarBuilder tar = new TarBuilder();
    private final Random random;
    private final List<String> directories = new ArrayList<>(List.of(""));
    private final Map<String, Integer> links = new HashMap<>();
    private final Map<String, String> owners = new HashMap<>();
    private final Map<String, String[]> lines = new TreeMap<>();

    RandomTree(long seed) {
      this.random = new Random(seed);
      lines.put("", new String[] {"DIRECTORY 755 0:0 0.000000000", ""});
      owners.put("", "");
      links.put("", 2);
    }

    void addOne() {
      String parent = directories.get(random.nextInt(directories.size()));
      String path = parent + "/" + name();
      if (lines.containsKey(path)) {
        return;
      }
      List<String> files =
          lines.keySet().stream().filter(known -> !directories.contains(known)).toList();
      if (!files.isEmpty() && random.nextInt(8) == 0) {
        String target = files.get(random.nextInt(files.size()));
        tar.entry('1', raw(path), raw(target), 0, 0, new byte[0]);
        String owner = owners.getOrDefault(target, target);
        owners.put(path, owner);
        links.merge(owner, 1, Integer::sum);
        lines.put(path, lines.get(owner));
        return;
      }
      owners.put(path, path);
      String attributes = attributes();
      String xattrs = xattrs();
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          tar.directory(raw(path + "/"));
          directories.add(path);
          links.put(path, 2);
          links.merge(parent, 1, Integer::sum);
          lines.put(path, new String[] {"DIRECTORY " + attributes, xattrs});
        }
        case 2 -> {
          String target = name();
          tar.entry('2', raw(path), raw(target), 0, 0, new byte[0]);
          String shown = "777" + attributes.substring(attributes.indexOf(' '));
          leaf(path, "SYMBOLIC_LINK " + shown, " to " + target + xattrs);
        }
        case 3 -> {
          int major = random.nextInt(0x1000);
          int minor = 1 + random.nextInt(0xfffff);
          tar.entry('4', raw(path), new byte[0], major, minor, new byte[0]);
          leaf(path, "BLOCK_DEVICE " + attributes, " device " + major + ":" + minor + xattrs);
        }
        default -> {
          byte[] content = new byte[random.nextInt(random.nextBoolean() ? 40 : 9000)];
          random.nextBytes(content);
          tar.file(raw(path), content);
          String shown = " content " + HexFormat.of().formatHex(content);
          leaf(path, "REGULAR " + attributes, shown + xattrs);
        }
      }
    }

    private void leaf(String path, String head, String tail) {
      links.put(path, 1);
      lines.put(path, new String[] {head, tail});
    }

    private String attributes() {
      int uid = random.nextInt();
      int gid = random.nextInt(1 << 16);
      int mode = random.nextInt(010000);
      long mtime = random.nextInt();
      tar.owner(Integer.toUnsignedLong(uid), gid).mode(mode).mtime(mtime);
      return "%o %d:%d %d.000000000".formatted(mode, Integer.toUnsignedLong(uid), gid, mtime);
    }

    private String xattrs() {
      if (random.nextInt(4) > 0) {
        return "";
      }
      StringBuilder shown = new StringBuilder();
      for (String name :
          List.of("security.a", "trusted.b", "user." + "c".repeat(1 + random.nextInt(255)))) {
        byte[] value = new byte[random.nextInt(random.nextInt(20) == 0 ? 5000 : 50)];
        random.nextBytes(value);
        tar.xattr(name, value);
        shown.append(' ').append(name).append('=').append(HexFormat.of().formatHex(value));
      }
      return shown.toString();
    }

    private String name() {
      byte[] name = new byte[1 + random.nextInt(random.nextInt(5) == 0 ? 255 : 12)];
      for (int i = 0; i < name.length; i++) {
        do {
          name[i] = (byte) random.nextInt();
        } while (name[i] == 0 || name[i] == '/' || name[i] == '.');
      }
      return new String(name, StandardCharsets.ISO_8859_1);
    }

    private static byte[] raw(String path) {
      return path.getBytes(StandardCharsets.ISO_8859_1);
    }

    Map<String, String> expected() {
      Map<String, String> expected = new TreeMap<>();
      lines.forEach((path, line) ->
          expected.put(
              path.isEmpty() ? "/" : path,
              line[0] + " nlink " + links.get(owners.get(path)) + line[1]));
      return expected;
    }
  }
}
