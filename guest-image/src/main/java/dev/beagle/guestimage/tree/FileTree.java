package dev.beagle.guestimage.tree;

import dev.beagle.failure.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Files by path, sorted, a directory before what is in it. Paths are relative and have neither
 * empty nor dot parts: "usr/bin/crun". Nothing of it touches a disk, so that no path of a stranger
 * can lead anywhere. Confined to one thread.
 */
public final class FileTree {
  private static final int PATH_CHARACTERS = 1024;
  private static final int LINKS = 16;
  private static final int PARENT_MODE = 0755;

  private final NavigableMap<String, FileNode> nodes = new TreeMap<>();

  /**
   * Directories above it that are not there are made.
   *
   * @throws Failure CORRUPTED for a path that is none, one that is taken by something else, or one
   *     that leads through something other than directories
   */
  public FileTree add(String path, FileNode node) {
    requirePath(path);
    int slash = path.lastIndexOf('/');
    if (slash > 0) {
      ensureDirectory(path.substring(0, slash));
    }
    FileNode there = nodes.get(path);
    boolean bothDirectories =
        there instanceof FileNode.Directory && node instanceof FileNode.Directory;
    if (there != null && !bothDirectories) {
      throw Failure.corrupted("%s is there twice".formatted(path));
    }
    nodes.put(path, node);
    return this;
  }

  private void ensureDirectory(String path) {
    FileNode there = nodes.get(path);
    if (there instanceof FileNode.Directory) {
      return;
    }
    if (there != null) {
      throw Failure.corrupted("%s has something below it and is no directory".formatted(path));
    }
    add(path, new FileNode.Directory(PARENT_MODE));
  }

  public Optional<FileNode> find(String path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /** The file at a path, or where a link there leads to within this tree; empty when nowhere. */
  public Optional<FileNode.Regular> file(String path) {
    String at = path;
    for (int links = 0; links < LINKS; links++) {
      switch (nodes.get(at)) {
        case FileNode.Regular file -> {
          return Optional.of(file);
        }
        case FileNode.Symlink link -> {
          Optional<String> next = target(at, link.target());
          if (next.isEmpty()) {
            return Optional.empty();
          }
          at = next.get();
        }
        case null, default -> {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /** Where a link leads; empty when out of the tree. */
  private static Optional<String> target(String link, String target) {
    Deque<String> parts = new ArrayDeque<>();
    if (!target.startsWith("/")) {
      Collections.addAll(parts, link.split("/", -1));
      parts.removeLast();
    }
    for (String part : target.split("/", -1)) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          return Optional.empty();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return Optional.of(String.join("/", parts));
  }

  /** All of it, in order. */
  public NavigableMap<String, FileNode> nodes() {
    return Collections.unmodifiableNavigableMap(nodes);
  }

  /** Names of what stands directly in a directory, sorted. */
  public List<String> names(String directory) {
    String prefix = directory + "/";
    List<String> names = new ArrayList<>();
    for (String path : nodes.tailMap(prefix, false).keySet()) {
      if (!path.startsWith(prefix)) {
        break;
      }
      String name = path.substring(prefix.length());
      if (name.indexOf('/') < 0) {
        names.add(name);
      }
    }
    return names;
  }

  /**
   * @throws Failure CORRUPTED
   */
  public static void requirePath(String path) {
    if (path.length() > PATH_CHARACTERS) {
      throw Failure.corrupted("a path of %d characters".formatted(path.length()));
    }
    if (path.chars().anyMatch(Character::isISOControl)) {
      throw Failure.corrupted("path %s has control characters".formatted(path));
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw Failure.corrupted("path %s leads elsewhere".formatted(path));
      }
    }
  }
}
