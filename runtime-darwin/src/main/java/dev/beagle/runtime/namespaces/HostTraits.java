package dev.beagle.runtime.namespaces;

import dev.beagle.host.HostPlatform;
import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.oci.WorldTraits.Device;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this Linux host can give a container. */
final class HostTraits {
  private static final Logger LOG = LoggerFactory.getLogger(HostTraits.class);

  private static final int CAP_SYS_RESOURCE = 24;
  private static final int S_IFMT = 0170000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFBLK = 0060000;

  /** Every container has its own of these. */
  private static final Set<String> NOT_PASSED_ON =
      Set.of("/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx");

  private HostTraits() {}

  static WorldTraits read(HostPlatform platform, Cgroups cgroups) throws IOException {
    long bounding = 0;
    long effective = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapBnd:")) {
        bounding = Long.parseUnsignedLong(line.substring(7).strip(), 16);
      } else if (line.startsWith("CapEff:")) {
        effective = Long.parseUnsignedLong(line.substring(7).strip(), 16);
      }
    }
    long lowest =
        (effective >> CAP_SYS_RESOURCE & 1) == 1
            ? -1000
            : Long.parseLong(Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
    return new WorldTraits(
        platform.architecture(), bounding & effective, cgroups.unified(), lowest, devices());
  }

  private static List<Device> devices() throws IOException {
    List<Device> found = new ArrayList<>();
    Files.walkFileTree(
        Path.of("/dev"),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return NOT_PASSED_ON.contains(folder.toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isOther() && !NOT_PASSED_ON.contains(file.toString())) {
              add(found, file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            LOG.debug("device {}: {}", file, gone.getMessage());
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  private static void add(List<Device> found, Path file) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(file, "unix:mode,rdev,uid,gid", LinkOption.NOFOLLOW_LINKS);
    int mode = number(attributes, "mode").intValue();
    int type = mode & S_IFMT;
    if (type != S_IFCHR && type != S_IFBLK) {
      return;
    }
    long device = number(attributes, "rdev").longValue();
    // makedev(3): major in bits 8-19 and 32-63, minor in bits 0-7 and 20-31.
    int major = (int) (((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL));
    int minor = (int) ((device & 0xff) | ((device >>> 12) & ~0xffL));
    found.add(
        new Device(
            file.toString(),
            type == S_IFCHR ? "c" : "b",
            major,
            minor,
            mode & 0777,
            Integer.toUnsignedLong(number(attributes, "uid").intValue()),
            Integer.toUnsignedLong(number(attributes, "gid").intValue())));
  }

  private static Number number(Map<String, Object> attributes, String name) throws IOException {
    if (attributes.get(name) instanceof Number value) {
      return value;
    }
    throw new IOException("no attribute " + name);
  }
}
