package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.cri.v1.ListPodSandboxRequest;
import dev.beagle.cri.v1.StopPodSandboxRequest;
import dev.beagle.failure.Failure;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The lines that people read when they ask what happened. */
final class CallLogTest {
  private final Logger logger = Logger.getLogger(CallLog.class.getName());
  private final List<LogRecord> lines = new CopyOnWriteArrayList<>();
  private final Handler keeper =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          lines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private CriWorld world;

  @BeforeEach
  void open() {
    logger.setLevel(Level.ALL);
    logger.addHandler(keeper);
    world = CriWorld.open();
  }

  @AfterEach
  void close() {
    world.close();
    logger.removeHandler(keeper);
    logger.setLevel(null);
  }

  @Test
  void aChangeIsToldWithItsObjectAndQuestionsAreNot() {
    String id = world.runSandbox("web");
    var _ = world.runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance());

    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().getLevel()).isEqualTo(Level.INFO);
    assertThat(lines.getFirst().getMessage())
        .contains("call=RunPodSandbox", "millis=0", "outcome=OK", "pod_sandbox_id=" + id);
    assertThat(lines.getLast().getLevel()).isEqualTo(Level.FINE);
    assertThat(lines.getLast().getMessage()).contains("call=ListPodSandbox");
  }

  @Test
  void aFailureIsToldOnceWithItsKindAndReason() {
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "empty",
        () -> world.runtime.stopPodSandbox(StopPodSandboxRequest.getDefaultInstance()));
    world.pods.nextFailure = Failure.wrongState("busy");
    CriWorld.assertFails(Status.Code.FAILED_PRECONDITION, "busy", () -> world.runSandbox("web"));

    assertThat(lines).hasSize(2);
    assertThat(lines).extracting(LogRecord::getLevel).containsOnly(Level.INFO);
    assertThat(lines.getLast().getMessage())
        .contains("outcome=WRONG_STATE", "reason=busy", "call=RunPodSandbox");
  }

  @Test
  void aDefectIsToldWithItsStack() {
    IllegalStateException defect = new IllegalStateException("no");
    world.pods.nextFailure = defect;
    CriWorld.assertFails(Status.Code.INTERNAL, "internal error", () -> world.runSandbox("web"));

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().getLevel()).isEqualTo(Level.SEVERE);
    assertThat(lines.getFirst().getThrown()).isSameAs(defect);
  }
}
