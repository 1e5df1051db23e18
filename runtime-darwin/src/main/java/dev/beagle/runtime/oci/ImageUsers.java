package dev.beagle.runtime.oci;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.SecuritySpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who a container runs as: the client's word, else the image's {@code User}, looked up in the
 * image's own passwd(5) and group(5).
 */
final class ImageUsers {
  private static final int MAX_FILE_BYTES = 4 << 20;
  private static final long MAX_ID = Integer.MAX_VALUE;

  private final List<String[]> users;
  private final List<String[]> groups;

  private ImageUsers(List<String[]> users, List<String[]> groups) {
    this.users = users;
    this.groups = groups;
  }

  static ImageUsers of(RootFilesystem root) {
    return new ImageUsers(entries(root, "/etc/passwd", 4), entries(root, "/etc/group", 3));
  }

  /** Lines with fewer fields than needed are not entries. */
  private static List<String[]> entries(RootFilesystem root, String path, int fields) {
    Optional<byte[]> content = root.readFile(path, MAX_FILE_BYTES);
    if (content.isEmpty()) {
      return List.of();
    }
    List<String[]> entries = new ArrayList<>();
    for (String line : new String(content.get(), StandardCharsets.UTF_8).split("\n", -1)) {
      String[] parts = line.strip().split(":", -1);
      if (parts.length >= fields) {
        entries.add(parts);
      }
    }
    return entries;
  }

  /** A user and the groups, the primary one first in {@code groups}. */
  record Resolved(long uid, long gid, List<Long> groups) {}

  /**
   * Numbers are numbers: an image whose passwd names a user {@code 1000} and gives it uid 0 must
   * not turn a client's number into root (runc had that fault, CVE-2016-3697).
   */
  Resolved resolve(SecuritySpec security, String imageUser) {
    String user = "";
    String group = "";
    switch (security.user()) {
      case Identity.OfImage() -> {
        int colon = imageUser.indexOf(':');
        user = colon < 0 ? imageUser : imageUser.substring(0, colon);
        group = colon < 0 ? "" : imageUser.substring(colon + 1);
      }
      case Identity.Named(String name) -> {
        if (isNumber(name)) {
          throw Failure.invalidArgument(
              "user name " + name + " is a number; give it as the numeric user");
        }
        user = name;
      }
      case Identity.Numbered(long uid) -> user = Long.toString(uid);
    }
    String[] entry = user.isEmpty() ? findById(users, "0") : findUser(user);
    long uid = entry != null ? number("user " + user, entry[2]) : numberOrZero(user);
    long gid = entry != null ? number("group of user " + user, entry[3]) : 0;
    if (security.group().isPresent()) {
      gid = number("group", Long.toString(security.group().getAsLong()));
    } else if (!group.isEmpty()) {
      gid = findGroup(group);
    }
    return new Resolved(uid, gid, allGroups(security, uid, gid));
  }

  private static long numberOrZero(String user) {
    return user.isEmpty() ? 0 : number("user", user);
  }

  private List<Long> allGroups(SecuritySpec security, long uid, long gid) {
    List<Long> all = new ArrayList<>();
    all.add(gid);
    TreeSet<Long> others = new TreeSet<>();
    String[] entry = findById(users, Long.toString(uid));
    if (!security.strictGroups() && entry != null) {
      for (String[] group : groups) {
        if (group.length > 3 && List.of(group[3].split(",", -1)).contains(entry[0])) {
          others.add(number("group " + group[0], group[2]));
        }
      }
    }
    for (long supplemental : security.supplementalGroups()) {
      others.add(number("supplemental group", Long.toString(supplemental)));
    }
    others.remove(gid);
    all.addAll(others);
    return all;
  }

  private String @Nullable [] findUser(String nameOrId) {
    if (isNumber(nameOrId)) {
      return findById(users, nameOrId);
    }
    String[] entry = findByName(users, nameOrId);
    if (entry == null) {
      throw Failure.invalidArgument(
          "user "
              + Failure.shown(nameOrId)
              + " is not in the image's /etc/passwd; use a numeric user");
    }
    return entry;
  }

  private long findGroup(String nameOrId) {
    if (isNumber(nameOrId)) {
      return number("group", nameOrId);
    }
    String[] entry = findByName(groups, nameOrId);
    if (entry == null) {
      throw Failure.invalidArgument(
          "group "
              + Failure.shown(nameOrId)
              + " is not in the image's /etc/group; use a numeric group");
    }
    return number("group " + Failure.shown(nameOrId), entry[2]);
  }

  private static String @Nullable [] findByName(List<String[]> entries, String name) {
    for (String[] entry : entries) {
      if (entry[0].equals(name)) {
        return entry;
      }
    }
    return null;
  }

  private static String @Nullable [] findById(List<String[]> entries, String id) {
    for (String[] entry : entries) {
      if (entry[2].equals(id)) {
        return entry;
      }
    }
    return null;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static long number(String what, String text) {
    if (isNumber(text) && text.length() < 12 && Long.parseLong(text) <= MAX_ID) {
      return Long.parseLong(text);
    }
    throw Failure.invalidArgument(
        what + ": " + Failure.shown(text) + " is not an id between 0 and " + MAX_ID);
  }
}
