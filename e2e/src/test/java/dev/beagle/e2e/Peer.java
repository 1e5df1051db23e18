package dev.beagle.e2e;

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

  static String configuration(Path base) {
    return """
    version = 4
    root = "%1$s/root"
    state = "%1$s/run/state"
    disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
    [plugins."io.containerd.server.v1.grpc"]
          address = "%1$s/run/cri.sock"
        [plugins."io.containerd.server.v1.ttrpc"]
          address = "%1$s/run/ttrpc.sock"
    [plugins."io.containerd.cri.v1.images".registry]
      config_path = "%1$s/hosts"
    [plugins."io.containerd.cri.v1.images".pinned_images]
      sandbox = "registry.k8s.io/pause:3.10"
    [plugins."io.containerd.cri.v1.runtime"]
      restrict_oom_score_adj = true
    [plugins."io.containerd.cri.v1.runtime".cni]
      bin_dirs = ["/usr/lib/cni"]
      conf_dir = "%1$s/cni"
    """
        .formatted(base);
  }

  static String network(Path base) {
    return """
    {"cniVersion": "1.0.0", "name": "e2e", "plugins": [
      {"type": "bridge", "bridge": "e2e0", "isGateway": true, "ipMasq": true, "hairpinMode": true, "ipam":
        {"type": "host-local", "dataDir": "%s/ipam", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
      {"type": "portmap", "capabilities": {"portMappings": true}}]}
    """
        .formatted(base);
  }
}
