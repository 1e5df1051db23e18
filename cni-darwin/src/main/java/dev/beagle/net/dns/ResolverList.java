package dev.beagle.net.dns;

import dev.beagle.net.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The resolvers of the host, from its resolv.conf, read again when it changed. Looked at once a
 * second at most. Confined to one thread.
 */
public final class ResolverList {
  private static final int MOST = 3;
  private static final long SECOND = 1_000_000_000L;
  private static final int LONGEST_FILE = 64 << 10;

  private final Path file;
  private final Set<IpAddress> own;
  private List<IpAddress> servers = List.of();
  private @Nullable FileTime modified;
  private long lookedAt = -SECOND;

  /**
   * @param own addresses that would lead back to us, and are left out
   */
  public ResolverList(Path file, Set<IpAddress> own) {
    this.file = file;
    this.own = Set.copyOf(own);
  }

  /** In the order of the file; empty if there are none. */
  List<IpAddress> servers(long now) {
    if (now - lookedAt >= SECOND) {
      lookedAt = now;
      look();
    }
    return servers;
  }

  private void look() {
    try {
      FileTime time = Files.getLastModifiedTime(file);
      if (!time.equals(modified)) {
        servers = Files.size(file) > LONGEST_FILE ? List.of() : parse(Files.readString(file));
        modified = time;
      }
    } catch (IOException gone) {
      servers = List.of();
      modified = null;
    }
  }

  private List<IpAddress> parse(String text) {
    List<IpAddress> found = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] words = line.strip().split("\\s+", 3);
      if (words.length >= 2 && words[0].equals("nameserver") && found.size() < MOST) {
        int zone = words[1].indexOf('%');
        try {
          IpAddress server = IpAddress.parse(zone < 0 ? words[1] : words[1].substring(0, zone));
          if (!own.contains(server)) {
            found.add(server);
          }
        } catch (IllegalArgumentException ignored) {
          // A line that is no address is passed over, as the C library does.
        }
      }
    }
    return List.copyOf(found);
  }
}
