package dev.beagle.guestimage.tree;

import java.nio.ByteBuffer;

/** What can stand in a {@link FileTree}. Everything belongs to root; modes are permission bits. */
public sealed interface FileNode {
  int PERMISSIONS = 07777;

  int mode();

  record Directory(int mode) implements FileNode {
    public Directory {
      requirePermissions(mode);
    }
  }

  /**
   * @param content the whole file
   */
  record Regular(int mode, ByteBuffer content) implements FileNode {
    public Regular {
      requirePermissions(mode);
      content = content.slice().asReadOnlyBuffer();
    }

    /** From the beginning, each time. */
    @Override
    public ByteBuffer content() {
      return content.duplicate();
    }

    public int sizeBytes() {
      return content.remaining();
    }
  }

  /**
   * @param target as it is written in the link
   */
  record Symlink(String target) implements FileNode {
    @Override
    public int mode() {
      return 0777;
    }
  }

  record CharacterDevice(int mode, int major, int minor) implements FileNode {
    public CharacterDevice {
      requirePermissions(mode);
    }
  }

  private static void requirePermissions(int mode) {
    if ((mode & ~PERMISSIONS) != 0) {
      throw new IllegalArgumentException("mode 0" + Integer.toOctalString(mode));
    }
  }
}
