package dev.beagle.image.erofs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.testing.TarBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Damaged images end in CORRUPTED or read as something else: never another error, never for ever.
 */
class HostileImagePropertyTest {
  private static Path folder = Path.of("");
  private static byte[] good = {};

  @BeforeContainer
  static void makeImage() throws IOException {
    folder = Files.createTempDirectory("erofs-hostile");
    TarBuilder tar =
        new TarBuilder().directory("etc").file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
    for (int i = 0; i < 400; i++) {
      tar.file("big/name-of-some-length-" + i, "");
    }
    tar.xattr("user.x", new byte[100]).xattr("security.y", new byte[3]).directory("x");
    tar.symlink("link", "etc").hardLink("hard", "etc/passwd").device('3', "null", 1, 3);
    tar.pax("GNU.sparse.size", "9000000").pax("GNU.sparse.map", "0,3,8999999,1");
    tar.file("sparse", "abcd").file("plain", "p".repeat(9000));
    good = Files.readAllBytes(TestImages.write(folder.resolve("good"), tar.build()));
  }

  @AfterContainer
  static void removeImages() throws IOException {
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  @Property(tries = 1500)
  void damageIsContained(@ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int damages)
      throws IOException {
    Random random = new Random(seed);
    byte[] image = good.clone();
    int meta = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt(1024 + 40) << 12;
    for (int i = 0; i < damages; i++) {
      int at =
          switch (random.nextInt(8)) {
            case 0 -> 1024 + random.nextInt(128);
            case 1 -> random.nextInt(image.length);
            default -> meta + 32 + random.nextInt(4000);
          };
      image[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) -random.nextInt(2);
    }
    if (random.nextInt(10) == 0) {
      image = Arrays.copyOf(image, random.nextInt(image.length));
    } else {
      // A right checksum lets the damage through to what is behind it.
      ByteBuffer superblock = ByteBuffer.wrap(image, 1024, 3072).slice();
      superblock.order(ByteOrder.LITTLE_ENDIAN).putInt(4, 0);
      superblock.putInt(4, Superblock.checksum(superblock.duplicate()));
    }
    Path file = folder.resolve("bad");
    Files.write(file, image);
    try (ErofsReader reader = ErofsReader.open(file)) {
      walk(reader);
    } catch (Failure failure) {
      assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED);
    }
  }

  private static void walk(ErofsReader reader) {
    Deque<ErofsInode> pending = new ArrayDeque<>();
    Set<Long> seen = new HashSet<>();
    pending.push(reader.root());
    while (!pending.isEmpty() && seen.size() < 1000) {
      ErofsInode inode = pending.pop();
      if (!seen.add(inode.nid())) {
        continue;
      }
      try {
        visit(reader, inode, pending);
      } catch (Failure failure) {
        // One damaged inode does not hide the others.
        assertThat(failure.kind()).isEqualTo(FailureKind.CORRUPTED);
      }
    }
  }

  private static void visit(ErofsReader reader, ErofsInode inode, Deque<ErofsInode> pending) {
    reader.xattrs(inode);
    switch (inode.type()) {
      case SYMBOLIC_LINK -> reader.readLink(inode);
      case REGULAR -> {
        ByteBuffer part = ByteBuffer.allocate(20_000);
        reader.read(inode, 0, part);
        reader.read(inode, inode.size() / 2, part.clear());
      }
      case DIRECTORY -> {
        for (ErofsDirent entry : reader.list(inode, 100_000)) {
          reader.child(inode, entry.name());
          if (!entry.isDots()) {
            pending.push(reader.inode(entry.nid()));
          }
        }
      }
      default -> {}
    }
  }
}
