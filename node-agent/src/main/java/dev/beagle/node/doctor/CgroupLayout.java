package dev.beagle.node.doctor;

import java.util.ArrayList;
import java.util.List;

/**
 * How control groups are mounted, told from {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param unified where the v2 tree is mounted; empty without one
 * @param v1Controllers the controllers in v1 trees, named ones as {@code name=systemd}
 */
record CgroupLayout(String unified, List<String> v1Controllers) {
  CgroupLayout {
    v1Controllers = List.copyOf(v1Controllers);
  }

  static CgroupLayout of(List<String> mountinfo) {
    String unified = "";
    List<String> controllers = new ArrayList<>();
    for (String line : mountinfo) {
      int separator = line.indexOf(" - ");
      String[] before = line.split(" ", -1);
      if (separator < 0 || before.length < 6) {
        continue;
      }
      String[] after = line.substring(separator + 3).split(" ", -1);
      if (after[0].equals("cgroup2")) {
        unified = before[4];
      } else if (after[0].equals("cgroup") && after.length >= 3) {
        for (String option : after[2].split(",", -1)) {
          if (!option.equals("rw") && !option.equals("ro") && !option.equals("xattr")) {
            controllers.add(option);
          }
        }
      }
    }
    return new CgroupLayout(unified, controllers);
  }

  boolean none() {
    return unified.isEmpty() && v1Controllers.isEmpty();
  }

  String name() {
    if (none()) {
      return "none";
    }
    if (v1Controllers.isEmpty()) {
      return "v2";
    }
    return unified.isEmpty() ? "v1" : "hybrid (controllers in v1, v2 at " + unified + ")";
  }
}
