package dev.beagle.guestimage;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Processors that guests can have. */
enum GuestArchitecture {
  ARM64("arm64", "aarch64-linux-gnu", 183, "linux-image-6\\.12\\.[^-]*-cloud-arm64");

  private static final int ARM64_MAGIC_AT = 56;
  private static final int ARM64_MAGIC = 0x644d5241; // "ARM\x64", of a plain Image
  private static final int ZIMG_AT = 4;
  private static final int ZIMG = 0x676d697a; // of an EFI image that unpacks itself
  private static final int GZIP = 0x8b1f;

  private final String debianName;
  private final String triplet;
  private final int elfMachine;
  private final Pattern kernelPackage;

  GuestArchitecture(String debianName, String triplet, int elfMachine, String kernelPackage) {
    this.debianName = debianName;
    this.triplet = triplet;
    this.elfMachine = elfMachine;
    this.kernelPackage = Pattern.compile(kernelPackage);
  }

  /**
   * @throws Failure INVALID_ARGUMENT
   */
  static GuestArchitecture named(String name) {
    return Arrays.stream(values())
        .filter(each -> each.debianName.equals(name))
        .findFirst()
        .orElseThrow(() ->
            Failure.invalidArgument(
                "no guest image is made for architecture \"%s\", only for %s"
                    .formatted(
                        name,
                        Arrays.stream(values())
                            .map(GuestArchitecture::debianName)
                            .collect(Collectors.joining(", ")))));
  }

  String debianName() {
    return debianName;
  }

  /** The name of the folders with libraries of this architecture. */
  String triplet() {
    return triplet;
  }

  /** e_machine of its programs. */
  int elfMachine() {
    return elfMachine;
  }

  /** Names of the kernel packages that do, the signed ones: EROFS reads from files since 6.12. */
  Pattern kernelPackage() {
    return kernelPackage;
  }

  /**
   * Holds a kernel against the one format that machines load.
   *
   * @throws Failure UNSUPPORTED, naming the format
   */
  void requireKernel(String name, ByteBuffer kernel) {
    ByteBuffer bytes = kernel.slice().order(ByteOrder.LITTLE_ENDIAN);
    boolean header = bytes.remaining() >= ARM64_MAGIC_AT + Integer.BYTES;
    if (header && bytes.getInt(ARM64_MAGIC_AT) == ARM64_MAGIC) {
      return;
    }
    String format = "of an unknown format";
    if (header && bytes.getInt(ZIMG_AT) == ZIMG) {
      format = "an EFI image that unpacks itself (zimg)";
    } else if (header && (bytes.getShort(0) & 0xffff) == GZIP) {
      format = "compressed with gzip";
    }
    throw Failure.unsupported(
        "kernel %s is %s; machines load a plain arm64 Image".formatted(name, format));
  }
}
