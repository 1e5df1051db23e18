package dev.beagle.node.cri;

import static dev.beagle.node.cri.CriWorld.containerConfig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.beagle.cri.node.v1.StartFailure;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureDetail;
import dev.beagle.failure.FailureKind;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failures of the core as clients see them, through a real channel. */
final class FailureInterceptorTest {
  private static final Map<FailureKind, Status.Code> CODES =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(FailureKind.INVALID_ARGUMENT, Status.Code.INVALID_ARGUMENT),
              Map.entry(FailureKind.NOT_FOUND, Status.Code.NOT_FOUND),
              Map.entry(FailureKind.ALREADY_EXISTS, Status.Code.ALREADY_EXISTS),
              Map.entry(FailureKind.WRONG_STATE, Status.Code.FAILED_PRECONDITION),
              Map.entry(FailureKind.EXHAUSTED, Status.Code.RESOURCE_EXHAUSTED),
              Map.entry(FailureKind.DENIED, Status.Code.PERMISSION_DENIED),
              Map.entry(FailureKind.UNAUTHENTICATED, Status.Code.UNAUTHENTICATED),
              Map.entry(FailureKind.UNAVAILABLE, Status.Code.UNAVAILABLE),
              Map.entry(FailureKind.TIMED_OUT, Status.Code.DEADLINE_EXCEEDED),
              Map.entry(FailureKind.CANCELLED, Status.Code.CANCELLED),
              Map.entry(FailureKind.UNSUPPORTED, Status.Code.UNIMPLEMENTED),
              Map.entry(FailureKind.CORRUPTED, Status.Code.DATA_LOSS),
              Map.entry(FailureKind.INTERNAL, Status.Code.INTERNAL)));

  private CriWorld world;

  @BeforeEach
  void open() {
    world = CriWorld.open();
  }

  @AfterEach
  void close() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource(FailureKind.class)
  void everyKindHasItsCode(FailureKind kind) {
    String id = world.runningContainer("web");
    world.pods.nextFailure = Failure.of(kind, "the disk: is on fire");

    Status status =
        CriWorld.statusOf(() ->
            world.runtime.execSync(
                dev.beagle.cri.v1.ExecSyncRequest.newBuilder()
                    .setContainerId(id)
                    .addCmd("echo")
                    .build()));

    assertThat(status.getCode()).isEqualTo(CODES.get(kind));
    assertThat(status.getDescription()).isEqualTo("the disk: is on fire");
  }

  @Test
  void aProgramThatIsMissingIsSaidInTheTrailerToo() {
    String id = world.createContainer(world.runSandbox("web"), containerConfig("web").build());
    world.pods.nextFailure =
        Failure.invalidArgument("said by the OCI runtime")
            .with(new FailureDetail.ProgramMissing("é"));

    StatusRuntimeException thrown =
        catchThrowableOfType(StatusRuntimeException.class, () -> world.start(id));

    assertThat(thrown.getStatus().getDescription()).isEqualTo("said by the OCI runtime");
    assertThat(thrown.getTrailers())
        .isNotNull()
        .extracting(trailers ->
            trailers.get(
                Metadata.Key.of("beagle-start-failure-bin", Metadata.BINARY_BYTE_MARSHALLER)))
        .isEqualTo(StartFailure.newBuilder().setProgramMissing("é").build().toByteArray());
  }

  @Test
  void aRequestThatTheHostCannotHonourDoesNotLookLikeAMissingCall() {
    world.pods.nextFailure = Failure.unsupported("no user namespaces here");

    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT, "no user namespaces", () -> world.runSandbox("web"));
  }

  @Test
  void aDefectIsInternalAndTellsNoSecrets() {
    world.pods.nextFailure = new IllegalStateException("password is swordfish");

    Status status = CriWorld.statusOf(() -> world.runSandbox("web"));

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription())
        .isEqualTo("internal error, see the daemon's log: IllegalStateException");
  }

  @Test
  void aMessageOfAnyLengthReachesTheClientBounded() {
    world.pods.nextFailure = Failure.corrupted("é".repeat(100_000));

    Status status = CriWorld.statusOf(() -> world.runSandbox("web"));

    assertThat(status.getCode()).isEqualTo(Status.Code.DATA_LOSS);
    assertThat(status.getDescription()).startsWith("éé").endsWith("...").hasSize(1003);
  }

  @Test
  void stopSucceedsWhenTheSandboxGoesMeanwhile() {
    String id = world.runSandbox("web");
    world.pods.nextFailure = Failure.notFound("sandbox", id);

    var _ =
        world.runtime.stopPodSandbox(
            StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  @Test
  void callsThatAreNotThereAreUnimplemented() {
    CriWorld.assertFails(
        Status.Code.UNIMPLEMENTED,
        "RestorePod",
        () -> world.runtime.restorePod(dev.beagle.cri.v1.RestorePodRequest.getDefaultInstance()));
    CriWorld.assertFails(
        Status.Code.UNIMPLEMENTED,
        "PodSandboxStats",
        () ->
            world.runtime.podSandboxStats(
                dev.beagle.cri.v1.PodSandboxStatsRequest.getDefaultInstance()));
    CriWorld.assertFails(
        Status.Code.UNIMPLEMENTED,
        "StreamContainers",
        () ->
            world
                .runtime
                .streamContainers(dev.beagle.cri.v1.StreamContainersRequest.getDefaultInstance())
                .hasNext());
  }

  @Test
  void anEmptyRequestSaysWhatIsMissing() {
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "config.metadata: is missing",
        () -> world.runtime.runPodSandbox(RunPodSandboxRequest.getDefaultInstance()));
  }
}
