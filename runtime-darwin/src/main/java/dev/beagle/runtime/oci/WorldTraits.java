package dev.beagle.runtime.oci;

import java.util.List;

/**
 * What a container's configuration has to know of the Linux it will run on.
 *
 * @param architecture {@code amd64} or {@code arm64}
 * @param capabilities mask of what can be given (CapBnd of proc_pid_status(5))
 * @param unifiedCgroups cgroup v2 alone
 * @param lowestOomScoreAdj what can be set at the lowest: raising protection needs CAP_SYS_RESOURCE
 * @param devices what a privileged container gets
 */
public record WorldTraits(
    String architecture,
    long capabilities,
    boolean unifiedCgroups,
    long lowestOomScoreAdj,
    List<Device> devices) {
  public WorldTraits {
    devices = List.copyOf(devices);
  }

  /**
   * A device node.
   *
   * @param type {@code c} or {@code b}
   * @param mode permission bits
   */
  public record Device(
      String path, String type, int major, int minor, int mode, long uid, long gid) {}
}
