package dev.beagle.node.cri;

import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.pod.Seccomp;
import dev.beagle.runtime.pod.SecuritySpec;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** What verbose statuses say beyond the protocol, for people who debug: JSON under "info". */
final class VerboseInfo {
  private static final JsonMapper JSON = JsonMapper.shared();

  private VerboseInfo() {}

  static String json(Object members) {
    return JSON.writeValueAsString(members);
  }

  static Map<String, String> of(Sandbox sandbox) {
    SandboxSpec spec = sandbox.spec();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("hostname", spec.hostname());
    config.put("logDirectory", spec.logDirectory());
    config.put("cgroupParent", spec.cgroupParent());
    spec.dns().ifPresent(dns -> config.put("dns", dns));
    config.put("portMappings", spec.ports());
    config.put("network", spec.network());
    config.put("pid", spec.pid());
    config.put("ipc", spec.ipc());
    config.put("sysctls", spec.sysctls());
    config.put("privileged", spec.privileged());
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("sandboxID", sandbox.id().value());
    info.put("runtimeType", sandbox.kind());
    info.put("runtimeHandler", spec.kind());
    info.put("state", sandbox.state().getClass().getSimpleName());
    if (sandbox.state() instanceof SandboxState.NotReady(String reason)) {
      info.put("reason", reason);
    }
    info.put("config", config);
    return Map.of("info", json(info));
  }

  static Map<String, String> of(Container container, Sandbox sandbox) {
    ContainerSpec spec = container.spec();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("image", spec.imageName());
    config.put("command", spec.command());
    config.put("args", spec.args());
    config.put("environment", spec.environment());
    config.put("mounts", spec.mounts());
    config.put("stdin", spec.stdin());
    config.put("stdinOnce", spec.stdinOnce());
    config.put("tty", spec.tty());
    config.put("security", security(spec.security()));
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("sandboxID", container.sandboxId().value());
    info.put(
        "pid", container.state() instanceof ContainerState.Running(var _, long pid) ? pid : 0L);
    info.put("runtimeType", sandbox.kind());
    info.put("config", config);
    info.put("process", container.process());
    return Map.of("info", json(info));
  }

  private static Map<String, Object> security(SecuritySpec security) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("privileged", security.privileged());
    members.put("readOnlyRoot", security.readOnlyRoot());
    members.put("noNewPrivileges", security.noNewPrivileges());
    members.put("addCapabilities", security.addCapabilities());
    members.put("dropCapabilities", security.dropCapabilities());
    members.put(
        "seccomp",
        switch (security.seccomp()) {
          case Seccomp.Unconfined() -> "Unconfined";
          case Seccomp.RuntimeDefault() -> "RuntimeDefault";
          case Seccomp.Localhost(String path) -> "Localhost " + path;
        });
    members.put("maskedPaths", security.maskedPaths());
    members.put("readOnlyPaths", security.readOnlyPaths());
    members.put("pid", security.pid());
    return members;
  }
}
