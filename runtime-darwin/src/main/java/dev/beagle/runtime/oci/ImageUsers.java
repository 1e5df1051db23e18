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

  Resolved resolve(SecuritySpec security, String imageUser) {
    String user = "";
    String group = "";
    switch (security.user()) {
      case Identity.OfImage() -> {
        int colon = imageUser.indexOf(':');
        user = colon < 0 ? imageUser : imageUser.substring(0, colon);
        group = colon < 0 ? "" : imageUser.substring(colon + 1);
      }
      case Identity.Named(String name) -> user = name;
      case Identity.Numbered(long uid) -> user = Long.toString(uid);
    }
    if (security.group().isPresent()) {
      group = Long.toString(security.group().getAsLong());
    }
    String[] entry = user.isEmpty() ? null : findUser(user);
    long uid;
    long gid = 0;
    if (entry != null) {
      uid = number("user " + user, entry[2]);
      gid = number("group of user " + user, entry[3]);
    } else {
      uid = user.isEmpty() ? 0 : number("user", user);
      String[] byId = findUser(Long.toString(uid));
      gid = byId == null ? 0 : number("group of user " + uid, byId[3]);
    }
    if (!group.isEmpty()) {
      gid = findGroup(group);
    }
    return new Resolved(uid, gid, allGroups(security, uid, gid));
  }

  private List<Long> allGroups(SecuritySpec security, long uid, long gid) {
    List<Long> all = new ArrayList<>();
    all.add(gid);
    TreeSet<Long> others = new TreeSet<>();
    if (!security.strictGroups()) {
      String[] entry = findUser(Long.toString(uid));
      if (entry != null) {
        for (String[] group : groups) {
          if (group.length > 3 && List.of(group[3].split(",")).contains(entry[0])) {
            others.add(number("group " + group[0], group[2]));
          }
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

  private String @org.jspecify.annotations.Nullable [] findUser(String nameOrId) {
    for (String[] entry : users) {
      if (entry[0].equals(nameOrId)) {
        return entry;
      }
    }
    for (String[] entry : users) {
      if (entry[2].equals(nameOrId)) {
        return entry;
      }
    }
    if (!isNumber(nameOrId)) {
      throw Failure.invalidArgument(
          "user " + nameOrId + " is not in the image's /etc/passwd; use a numeric user");
    }
    return null;
  }

  private long findGroup(String nameOrId) {
    for (String[] entry : groups) {
      if (entry[0].equals(nameOrId)) {
        return number("group " + nameOrId, entry[2]);
      }
    }
    if (!isNumber(nameOrId)) {
      throw Failure.invalidArgument(
          "group " + nameOrId + " is not in the image's /etc/group; use a numeric group");
    }
    return number("group", nameOrId);
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static long number(String what, String text) {
    if (isNumber(text) && text.length() < 12 && Long.parseLong(text) <= MAX_ID) {
      return Long.parseLong(text);
    }
    throw Failure.invalidArgument(what + ": " + text + " is not an id between 0 and " + MAX_ID);
  }
}
