package dev.beagle.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How containerd is run in the daemon's place: the tests are proved on a runtime that is known to
 * be right.
 */
final class Peer {
  /** What containerd keeps of pods that are gone, by design. */
  static final String[] KEPT = {
    "/root/",
    "/io.containerd.grpc.v1.cri/containers",
    "/io.containerd.grpc.v1.cri/sandboxes",
    "/io.containerd.runtime.v2.task/k8s.io"
  };

  private Peer() {}

  static void path(Map<String, String> environment, Prepared prepared) {
    environment.merge(
        "PATH",
        Path.of(prepared.get("peer")).resolveSibling("").toString(),
        (old, folder) -> folder + ":" + old);
  }

  static String configuration(Prepared prepared, Path base, Path hosts) throws IOException {
    return template(prepared, "containerd.toml")
        .replace("@NODE@", base.toString())
        .replace("@HOSTS@", hosts.toString());
  }

  static String network(Prepared prepared, Path base) throws IOException {
    return template(prepared, "cni.conflist")
        .replace("@NODE@", base.toString())
        .replace("@BRIDGE@", "e2e0")
        .replace("@SUBNET@", "10.88.0.0/16");
  }

  private static String template(Prepared prepared, String name) throws IOException {
    return Files.readString(prepared.module().resolve("peer").resolve(name));
  }
}
