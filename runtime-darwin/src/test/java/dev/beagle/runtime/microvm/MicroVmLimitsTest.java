package dev.beagle.runtime.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.FolderMount;
import dev.beagle.runtime.pod.FolderMount.Propagation;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.testing.Specs;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MicroVmLimitsTest {
  private static ContainerSpec mounting(boolean readOnly, Propagation propagation) {
    return Specs.container(
        "c",
        Specs.security(),
        List.of(new FolderMount("/data", "/srv/data", readOnly, false, propagation)),
        "true");
  }

  private static void assertRefused(Runnable check, FailureKind kind, String... words) {
    assertThatThrownBy(check::run)
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
        .hasMessageContainingAll(words);
  }

  @Test
  void ownNamespacesAndFoldersToReadAreFine() {
    assertThatCode(
            () -> {
              MicroVmLimits.check(Specs.sandbox("pod"));
              MicroVmLimits.check(Specs.container("c", "true"));
              MicroVmLimits.check(mounting(true, Propagation.PRIVATE));
              MicroVmLimits.check(mounting(true, Propagation.HOST_TO_CONTAINER));
            })
        .doesNotThrowAnyException();
  }

  @Test
  void namespacesOfTheHostAreRefusedByName() {
    assertRefused(
        () -> MicroVmLimits.check(Specs.hostNetworkSandbox("pod")),
        FailureKind.UNSUPPORTED,
        "network",
        "the node VM is not there yet");
    assertRefused(
        () ->
            MicroVmLimits.check(
                Specs.container(
                    "c", Specs.security(false, NamespaceMode.NODE, List.of()), List.of(), "true")),
        FailureKind.UNSUPPORTED,
        "PID",
        "the node VM is not there yet");
  }

  @Test
  void mountsThatCannotBeHadAreNamed() {
    assertRefused(
        () -> MicroVmLimits.check(mounting(false, Propagation.PRIVATE)),
        FailureKind.INVALID_ARGUMENT,
        "/srv/data",
        "/data",
        "read-only");
    assertRefused(
        () -> MicroVmLimits.check(mounting(true, Propagation.BIDIRECTIONAL)),
        FailureKind.INVALID_ARGUMENT,
        "/srv/data",
        "bidirectional");
  }
}
