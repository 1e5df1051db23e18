package dev.beagle.runtime.posix;

import dev.beagle.host.HostPlatform;

/**
 * Flags of open(2), whose numbers differ by system and, on Linux, by processor (fcntl.h of Linux's
 * generic and arm64 headers, sys/fcntl.h of macOS).
 */
record OpenFlags(
    int readOnly,
    int writeOnly,
    int readWrite,
    int create,
    int append,
    int nonBlocking,
    int closeOnExec,
    int noFollow,
    int directory) {
  /** Those of this computer. */
  static final OpenFlags HERE = of(HostPlatform.current());

  static OpenFlags of(HostPlatform platform) {
    if (platform.mac()) {
      return new OpenFlags(0, 1, 2, 0x200, 0x8, 0x4, 0x100_0000, 0x100, 0x10_0000);
    }
    boolean arm = platform.architecture().equals("arm64");
    return new OpenFlags(
        0, 1, 2, 0x40, 0x400, 0x800, 0x8_0000, arm ? 0x8000 : 0x2_0000, arm ? 0x4000 : 0x1_0000);
  }
}
