package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Mounting on a Linux host. */
public final class Mounts {
  /** LO_FLAGS_READ_ONLY, LO_FLAGS_AUTOCLEAR, LO_FLAGS_DIRECT_IO (linux/loop.h). */
  private static final int LOOP_FLAGS = 1 | 4 | 16;

  private static final int LOOP_CONFIG_BYTES = 304;
  private static final int LOOP_CONFIG_FLAGS_OFFSET = 8 + 52;
  private static final int LOOP_ATTEMPTS = 50;

  private Mounts() {}

  /**
   * Mounts an EROFS image read-only: from the file itself where kernel and file system can, else
   * through a loop device that frees itself with the mount.
   *
   * @return how it was done
   */
  public static ErofsBacking mountErofs(Path image, Path target) {
    try {
      LinuxAbi.mount(image.toString(), target.toString(), "erofs", LinuxAbi.MS_RDONLY, null);
      return ErofsBacking.FILE;
    } catch (LastErrorException error) {
      if (error.getErrorCode() != PosixAbi.ENOTBLK && error.getErrorCode() != PosixAbi.EINVAL) {
        throw PosixError.of("mount EROFS image", image, error);
      }
    }
    mountByLoop(image, target);
    return ErofsBacking.LOOP;
  }

  private static void mountByLoop(Path image, Path target) {
    try (Descriptor control = open(Path.of("/dev/loop-control"), OpenFlags.HERE.readWrite());
        Descriptor file = open(image, OpenFlags.HERE.readOnly())) {
      for (int attempt = 0; attempt < LOOP_ATTEMPTS; attempt++) {
        int number = LinuxAbi.ioctl(control.number(), LinuxAbi.LOOP_CTL_GET_FREE, 0L);
        Path device = Path.of("/dev/loop" + number);
        try (Descriptor loop = open(device, OpenFlags.HERE.readOnly())) {
          if (configure(loop, file)) {
            LinuxAbi.mount(device.toString(), target.toString(), "erofs", LinuxAbi.MS_RDONLY, null);
            return;
          }
        }
      }
      throw Failure.exhausted("no free loop device for " + image);
    } catch (LastErrorException error) {
      throw PosixError.of("mount EROFS image by loop", image, error);
    }
  }

  /** False when somebody else took the device between finding and configuring it. */
  private static boolean configure(Descriptor loop, Descriptor file) {
    for (int flags : new int[] {LOOP_FLAGS, LOOP_FLAGS & ~16}) {
      try (Memory config = new Memory(LOOP_CONFIG_BYTES)) {
        config.clear();
        config.setInt(0, file.number());
        config.setInt(4, 4096);
        config.setInt(LOOP_CONFIG_FLAGS_OFFSET, flags);
        LinuxAbi.ioctl(loop.number(), LinuxAbi.LOOP_CONFIGURE, config);
        return true;
      } catch (LastErrorException error) {
        if (error.getErrorCode() == PosixAbi.EBUSY) {
          return false;
        }
        // tmpfs before 6.6 has no direct I/O: once more without.
        if (error.getErrorCode() != PosixAbi.EINVAL || flags != LOOP_FLAGS) {
          throw error;
        }
      }
    }
    return false;
  }

  private static Descriptor open(Path path, int flags) {
    try {
      return Descriptor.owning(
          PosixAbi.open(path.toString(), flags | OpenFlags.HERE.closeOnExec(), 0));
    } catch (LastErrorException error) {
      throw PosixError.of("open", path, error);
    }
  }

  /** Takes a mount away, now for paths and later for who still uses it; fine when there is none. */
  public static void unmount(Path target) {
    try {
      LinuxAbi.umount2(target.toString(), LinuxAbi.MNT_DETACH);
    } catch (LastErrorException error) {
      if (error.getErrorCode() != PosixAbi.EINVAL && error.getErrorCode() != PosixAbi.ENOENT) {
        throw PosixError.of("unmount", target, error);
      }
    }
  }

  /** Mount points of this process at or below a folder, deepest last. */
  public static List<Path> below(Path folder) {
    List<Path> found = new ArrayList<>();
    try {
      for (String line :
          Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1)) {
        Path mountPoint = Path.of(unescape(line.split(" ", 6)[4]));
        if (mountPoint.startsWith(folder)) {
          found.add(mountPoint);
        }
      }
    } catch (IOException error) {
      throw Failure.internal("cannot read /proc/self/mountinfo", error);
    }
    return found;
  }

  /** Octal escapes of proc(5): space, tab, newline, backslash. */
  static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char character = field.charAt(i);
      if (character == '\\' && i + 3 < field.length()) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(character);
      }
    }
    return new String(
        text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** What carries a mounted EROFS image. */
  public enum ErofsBacking {
    FILE,
    LOOP
  }
}
