package dev.beagle.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.node.ObjectNode;

/** The JSON that crictl takes for a pod or a container: CRI's messages by their field names. */
final class Config {
  private static final AtomicLong FILES = new AtomicLong();

  private final ObjectNode json = Prepared.JSON.createObjectNode();

  private Config() {}

  /** A pod with its own namespaces, logging below the node's folder. */
  static Config pod(Node node, String name) {
    Config config = new Config();
    config.json.set(
        "metadata",
        tree(Map.of("name", name, "namespace", "e2e", "uid", name + "-uid", "attempt", 1)));
    config.json.put("hostname", name);
    config.json.put("log_directory", node.logs().resolve(name).toString());
    config
        .json
        .putObject("linux")
        .put("cgroup_parent", cgroupParent(node))
        .putObject("security_context")
        .putObject("namespace_options");
    return config;
  }

  static Config container(String name, String image, String... command) {
    Config config = new Config();
    config.json.set("metadata", tree(Map.of("name", name, "attempt", 1)));
    config.json.set("image", tree(Map.of("image", image)));
    config.json.set("command", tree(List.of(command)));
    config.json.put("log_path", name + ".log");
    config.json.putObject("linux").putObject("security_context");
    return config;
  }

  /** The cgroup that this node's pods are in: no other user of the machine has it. */
  static String cgroupParent(Node node) {
    return "/" + node.base().getFileName();
  }

  /** Sets any field, at the top. */
  Config with(String field, Object value) {
    json.set(field, tree(value));
    return this;
  }

  /** The host's name comes with its network. */
  Config hostNetwork() {
    json.remove("hostname");
    return namespace("network", 2);
  }

  Config hostPid() {
    return namespace("pid", 2);
  }

  /** For a container; its pod needs the same. */
  private Config namespace(String kind, int mode) {
    security().withObjectProperty("namespace_options").put(kind, mode);
    return this;
  }

  Config port(int containerPort, int hostPort) {
    json.withArrayProperty("port_mappings")
        .addObject()
        .put("protocol", 0)
        .put("container_port", containerPort)
        .put("host_port", hostPort);
    return this;
  }

  Config addCapability(String name) {
    security().withObjectProperty("capabilities").withArrayProperty("add_capabilities").add(name);
    return this;
  }

  Config memoryLimit(long bytes) {
    linux().withObjectProperty("resources").put("memory_limit_in_bytes", bytes);
    return this;
  }

  /** At most so many microseconds of CPU in each 100 milliseconds. */
  Config cpuLimit(long quotaMicros) {
    linux()
        .withObjectProperty("resources")
        .put("cpu_quota", quotaMicros)
        .put("cpu_period", 100_000);
    return this;
  }

  /** For a container its pod needs the same. */
  Config privileged() {
    security().put("privileged", true);
    return this;
  }

  Config mount(String containerPath, Path hostPath, boolean readOnly) {
    json.withArrayProperty("mounts")
        .addObject()
        .put("container_path", containerPath)
        .put("host_path", hostPath.toString())
        .put("readonly", readOnly);
    return this;
  }

  private ObjectNode linux() {
    return json.withObjectProperty("linux");
  }

  private ObjectNode security() {
    return linux().withObjectProperty("security_context");
  }

  /** Writes a file that crictl can be given. */
  Path file(Path folder) {
    try {
      return Files.writeString(
          folder.resolve("config-" + FILES.incrementAndGet() + ".json"), json.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static tools.jackson.databind.JsonNode tree(Object value) {
    return Prepared.JSON.valueToTree(value);
  }
}
