package dev.beagle.image.erofs;

import java.util.Optional;

/** What an inode is, with the number that a directory entry carries for it. */
public enum ErofsFileType {
  REGULAR(1, ErofsFormat.S_IFREG),
  DIRECTORY(2, ErofsFormat.S_IFDIR),
  CHARACTER_DEVICE(3, ErofsFormat.S_IFCHR),
  BLOCK_DEVICE(4, ErofsFormat.S_IFBLK),
  FIFO(5, ErofsFormat.S_IFIFO),
  SOCKET(6, ErofsFormat.S_IFSOCK),
  SYMBOLIC_LINK(7, ErofsFormat.S_IFLNK);

  final int direntType;
  final int modeBits;

  ErofsFileType(int direntType, int modeBits) {
    this.direntType = direntType;
    this.modeBits = modeBits;
  }

  static Optional<ErofsFileType> ofMode(int mode) {
    for (ErofsFileType type : values()) {
      if (type.modeBits == (mode & ErofsFormat.S_IFMT)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
