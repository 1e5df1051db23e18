package dev.beagle.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The real crictl on a node's socket. */
record Crictl(Prepared prepared, Path socket, Path folder) {
  static final String BUSYBOX = "registry.k8s.io/e2e-test-images/busybox:1.29-2";
  static final String NGINX = "registry.k8s.io/e2e-test-images/nginx:1.14-2";
  static final String PROBE = "docker.io/library/probe:latest";
  static final String FOUR_LAYERS = "docker.io/library/four-layers:latest";

  /** Ids that nodes gave, for {@link LeakCheck}. */
  private static final Set<String> IDS = ConcurrentHashMap.newKeySet();

  /** A pod, and the file its containers are created with. */
  record Pod(String id, Path config) {}

  static Stream<String> ids() {
    return IDS.stream();
  }

  List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(prepared.get("crictl"), "--config", configuration().toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** crictl looks for a file in several places unless it is told where. */
  private Path configuration() {
    Path file = folder.resolve("crictl.yaml");
    if (!Files.exists(file)) {
      try {
        Files.writeString(
            file,
            """
            runtime-endpoint: unix://%1$s
            image-endpoint: unix://%1$s
            timeout: 30
            """
                .formatted(socket));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return file;
  }

  /** Runs it and fails the test if it fails; returns what it printed. */
  String run(String... arguments) {
    return call(arguments).ok();
  }

  Command.Result call(String... arguments) {
    return Command.run(command(arguments));
  }

  Command.Running start(String... arguments) {
    return Command.start(command(arguments), "");
  }

  JsonNode json(String... arguments) {
    return Prepared.JSON.readTree(run(arguments));
  }

  /**
   * Ids of the images that were pulled for tests; the runtime's own for its sandboxes is not one.
   */
  List<String> images() {
    return json("images", "-o", "json")
        .path("images")
        .valueStream()
        .filter(image -> !image.path("repoTags").toString().contains("/pause:"))
        .map(image -> image.path("id").asString())
        .toList();
  }

  Pod runPod(Config pod) {
    Path file = pod.file(folder);
    String id = run("runp", file.toString());
    IDS.add(id);
    return new Pod(id, file);
  }

  String create(Pod pod, Config container) {
    String id = run("create", pod.id(), container.file(folder).toString(), pod.config().toString());
    IDS.add(id);
    return id;
  }

  /** Creates and starts. */
  String startContainer(Pod pod, Config container) {
    String id = create(pod, container);
    run("start", id);
    return id;
  }

  JsonNode container(String id) {
    return json("inspect", id).path("status");
  }

  String state(String id) {
    return container(id).path("state").asString();
  }

  JsonNode pod(Pod pod) {
    return json("inspectp", pod.id()).path("status");
  }

  String address(Pod pod) {
    return pod(pod).path("network").path("ip").asString();
  }

  /** By the host's counting. */
  long pid(String container) {
    return json("inspect", container).path("info").path("pid").asLong();
  }

  String execSync(String id, String... command) {
    List<String> arguments = new ArrayList<>(List.of("exec", "--sync", id));
    arguments.addAll(List.of(command));
    return run(arguments.toArray(String[]::new));
  }

  void remove(Pod pod) {
    run("stopp", pod.id());
    run("rmp", pod.id());
  }

  /** Whatever a failed test left. */
  void removeAllPods() {
    Command.run(command("rmp", "--all", "--force"), Duration.ofMinutes(2), "");
  }
}
