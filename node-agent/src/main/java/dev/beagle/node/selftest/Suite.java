package dev.beagle.node.selftest;

import dev.beagle.failure.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What can be asked to run, by name. */
public enum Suite {
  ALL("all", "everything there is", List.of("verify")),
  UNIT("unit", "unit tests only, no root, no network", List.of("test")),
  COMPONENTS(
      "components",
      "unit and component tests, without end to end",
      List.of("verify", "-pl", "!e2e,!bench")),
  E2E("e2e", "end to end only", List.of("verify", "-pl", "e2e", "-am")),
  HVF(
      "hvf",
      "micro-VMs on Hypervisor.framework, here on hv-sim",
      List.of(
          "verify",
          "-pl",
          "runtime-darwin,guest-image,e2e",
          "-am",
          "-Dgroups=hvf",
          "-Dhvf.excludes=none",
          "-Dhv-sim.skip=false")),
  KUBERNETES("kubernetes", "a real API server", List.of()),
  SOAK(
      "soak",
      "pods under random kill -9, BEAGLE_SOAK_MINUTES long",
      List.of(
          "verify",
          "-pl",
          "e2e",
          "-am",
          "-Dtest=NoUnitTest",
          "-Dsurefire.failIfNoSpecifiedTests=false",
          "-Dit.test=Soak",
          "-Dfailsafe.failIfNoSpecifiedTests=false")),
  FUZZ("fuzz", "parsers against hostile input", List.of());

  /** All modules, whose target folders a run writes to. */
  static final List<String> MODULES =
      List.of(
          "base",
          "cri-api",
          "guest-image",
          "image-service",
          "runtime-darwin",
          "cni-darwin",
          "docker-api",
          "node-agent",
          "e2e",
          "bench");

  private final String name;
  private final String meaning;
  private final String goals;

  Suite(String name, String meaning, List<String> goals) {
    this.name = name;
    this.meaning = meaning;
    this.goals = String.join(" ", goals);
  }

  /** Arguments for Maven. */
  List<String> goals() {
    return List.of(goals.split(" ", -1));
  }

  /** Whether tests of a module belong to it. */
  boolean includes(String module) {
    return switch (this) {
      case COMPONENTS -> !module.equals("e2e") && !module.equals("bench");
      case E2E, SOAK -> module.equals("e2e");
      case HVF ->
          module.equals("runtime-darwin") || module.equals("guest-image") || module.equals("e2e");
      default -> true;
    };
  }

  /**
   * Whether it runs a class of that name: Surefire takes those on Test, Failsafe those on IT; those
   * on HvfIT are for one suite alone.
   */
  boolean runs(String type) {
    if (this == SOAK) {
      return type.endsWith(".Soak");
    }
    boolean needsHypervisor = type.endsWith("HvfIT");
    if (this == HVF || needsHypervisor) {
      return this == HVF && needsHypervisor;
    }
    return type.endsWith("Test") || (type.endsWith("IT") && this != UNIT);
  }

  /**
   * @throws Failure INVALID_ARGUMENT for a suite that does not exist, or not yet
   */
  public static Suite named(String name) {
    for (Suite suite : values()) {
      if (suite.name.equals(name)) {
        if (suite.goals.isEmpty()) {
          throw Failure.invalidArgument(
              "suite %s (%s) is not there yet".formatted(name, suite.meaning));
        }
        return suite;
      }
    }
    throw Failure.invalidArgument(
        "no suite "
            + name
            + "; there are "
            + Arrays.stream(values())
                .filter(suite -> !suite.goals.isEmpty())
                .map(suite -> suite.name)
                .collect(Collectors.joining(", ")));
  }
}
