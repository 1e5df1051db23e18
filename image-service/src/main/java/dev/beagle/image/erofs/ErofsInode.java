package dev.beagle.image.erofs;

/**
 * What an image says about one inode. Equal when it is the same inode of the same image.
 *
 * @param nid its number in the image, also st_ino
 * @param type what it is
 * @param mode type and permission bits, as st_mode
 * @param uid 0 to 2^32 - 1
 * @param gid 0 to 2^32 - 1
 * @param size bytes of content, of a link's target or of a directory's blocks
 * @param mtimeSeconds seconds since 1970, may be negative
 * @param mtimeNanos nanoseconds to add
 * @param nlink number of names, as the image says it
 * @param device for devices, as Linux' new_encode_dev; else 0
 * @param location where its content stands, of use to the reader only
 */
public record ErofsInode(
    long nid,
    ErofsFileType type,
    int mode,
    long uid,
    long gid,
    long size,
    long mtimeSeconds,
    int mtimeNanos,
    long nlink,
    int device,
    Location location) {

  /**
   * Where the content of an inode stands.
   *
   * @param layout 0 plain, 2 inline tail, 4 chunks
   * @param address i_u: start block or chunk format
   * @param xattrs byte offset of the xattr body
   * @param xattrBytes its length, 0 for none
   */
  public record Location(int layout, int address, long xattrs, int xattrBytes) {
    /** Byte offset of what follows the xattrs: the inline tail or the chunk map. */
    long tail() {
      return xattrs + xattrBytes;
    }
  }

  public boolean isDirectory() {
    return type == ErofsFileType.DIRECTORY;
  }

  public boolean isRegularFile() {
    return type == ErofsFileType.REGULAR;
  }

  public boolean isSymbolicLink() {
    return type == ErofsFileType.SYMBOLIC_LINK;
  }

  /** A character device 0:0, which overlayfs takes for a deletion. */
  public boolean isWhiteout() {
    return type == ErofsFileType.CHARACTER_DEVICE && device == 0;
  }

  public int deviceMajor() {
    return ErofsFormat.deviceMajor(device);
  }

  public int deviceMinor() {
    return ErofsFormat.deviceMinor(device);
  }
}
