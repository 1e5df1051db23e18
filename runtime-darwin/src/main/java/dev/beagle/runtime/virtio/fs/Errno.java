package dev.beagle.runtime.virtio.fs;

/** A request fails with an errno of Linux, which the guest is told. */
final class Errno extends Exception {
  private static final long serialVersionUID = 1L;

  static final int ENOENT = 2;
  static final int EIO = 5;
  static final int EBADF = 9;
  static final int EACCES = 13;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EROFS = 30;
  static final int ENAMETOOLONG = 36;
  static final int ENOSYS = 38;
  static final int ESTALE = 116;
  static final int ENOTTY = 25;

  private final int number;

  Errno(int number) {
    // A guest can have as many as it likes: no stack is kept.
    super("errno " + number, null, false, false);
    this.number = number;
  }

  int number() {
    return number;
  }
}
