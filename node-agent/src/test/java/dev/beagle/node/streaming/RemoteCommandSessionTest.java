package dev.beagle.node.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.node.streaming.StreamingRequest.RemoteCommand;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.TerminalSize;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RemoteCommandSessionTest {
  private static final StreamOptions ALL = new StreamOptions(false, true, true, true);
  private static final StreamOptions STDOUT = new StreamOptions(false, false, true, false);
  private static final StreamOptions TERMINAL = new StreamOptions(true, false, true, false);
  private static final String SUCCESS = "error: {\"metadata\":{},\"status\":\"Success\"}";

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicReference<SimulatedProcess> process = new AtomicReference<>();

  @AfterEach
  void everyThreadEnds() throws InterruptedException {
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private SimulatedConnection connect(
      RemoteCommandProtocol protocol,
      boolean attach,
      StreamOptions options,
      Supplier<ContainerProcess> opener) {
    return connect(protocol, attach, false, options, opener);
  }

  private SimulatedConnection connect(
      RemoteCommandProtocol protocol,
      boolean attach,
      boolean detaches,
      StreamOptions options,
      Supplier<ContainerProcess> opener) {
    return new SimulatedConnection(
        new RemoteCommandSession(
            new RemoteCommand(attach, detaches, options, opener),
            protocol,
            StreamingLimits.STANDARD,
            threads));
  }

  private SimulatedConnection exec(StreamOptions options, SimulatedProcess.Program program) {
    return connect(RemoteCommandProtocol.V4, false, options, () -> started(options, program));
  }

  private SimulatedProcess started(StreamOptions options, SimulatedProcess.Program program) {
    SimulatedProcess running = new SimulatedProcess(options, program);
    process.set(running);
    return running;
  }

  private static int say(SimulatedProcess.Streams streams, String text, int code)
      throws IOException {
    streams.out().write(text.getBytes(UTF_8));
    return code;
  }

  @Test
  void outputsEndThenTheStatusComesThenTheConnectionEnds() throws Exception {
    SimulatedConnection client = exec(STDOUT, streams -> say(streams, "hi", 0));
    client.open(1, "error");
    client.open(3, "stdout");
    assertThat(client.awaitEnd())
        .containsExactly("stdout: hi", "stdout ended", SUCCESS, "error ended", "finished");
    assertThat(process.get().closed().getCount()).isZero();
  }

  @Test
  void nothingStartsBeforeEveryStreamIsThere() {
    AtomicBoolean opened = new AtomicBoolean();
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            false,
            ALL,
            () -> {
              opened.set(true);
              throw Failure.internal("started early");
            });
    client.open(1, "error");
    client.open(3, "stdin");
    client.open(5, "stdout");
    client.timeOut();
    assertThat(opened).isFalse();
    assertThat(client.events())
        .containsExactly(
            "aborted: streams [ERROR, STDIN, STDOUT, STDERR] expected,"
                + " only [ERROR, STDIN, STDOUT] came");
  }

  @Test
  void streamsThatWereNotAskedForAreRefused() {
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            false,
            ALL,
            () -> {
              throw Failure.internal("never complete");
            });
    assertThat(client.open(1, "error").accepted()).isTrue();
    assertThat(client.open(3, "error").accepted()).isFalse();
    assertThat(client.open(5, "resize").accepted()).isFalse();
    assertThat(client.open(7, "stdlog").accepted()).isFalse();
    assertThat(client.open(9, "none", Map.of()).accepted()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"V2", "V3"})
  void olderVersionsAreToldFailuresAsText(RemoteCommandProtocol version) throws Exception {
    SimulatedConnection client =
        connect(version, false, STDOUT, () -> started(STDOUT, streams -> 3));
    client.open(1, "error");
    client.open(3, "stdout");
    assertThat(client.awaitEnd())
        .containsExactly(
            "stdout ended",
            "error: command terminated with non-zero exit code: exit code 3",
            "error ended",
            "finished");
  }

  @Test
  void olderVersionsAreNotToldSuccess() throws Exception {
    SimulatedConnection client =
        connect(RemoteCommandProtocol.V2, false, STDOUT, () -> started(STDOUT, streams -> 0));
    client.open(1, "error");
    client.open(3, "stdout");
    assertThat(client.awaitEnd()).containsExactly("stdout ended", "error ended", "finished");
  }

  @Test
  void theFirstVersionIsToldAFailureBeforeItsOutputsEnd() throws Exception {
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V1,
            false,
            STDOUT,
            () -> {
              throw Failure.wrongState("container 4f2a is not running");
            });
    client.open(1, "error");
    client.open(3, "stdout");
    assertThat(client.awaitEnd())
        .containsExactly(
            "error: Internal error occurred: error executing command in container:"
                + " container 4f2a is not running",
            "error ended",
            "stdout ended",
            "finished");
  }

  @Test
  void aDefectOfOursIsAnInternalError() throws Exception {
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            true,
            STDOUT,
            () -> {
              throw new IllegalStateException("a defect, logged on purpose");
            });
    client.open(1, "error");
    client.open(3, "stdout");
    assertThat(client.awaitEnd())
        .anyMatch(event ->
            event.contains("\"reason\":\"InternalError\"")
                && event.contains("error attaching to container")
                && event.contains("\"code\":500"));
  }

  @Test
  void sizesReachTheTerminalAlsoWhenTheyCameFirst() throws Exception {
    SimulatedConnection client =
        exec(
            TERMINAL,
            streams -> {
              TerminalSize size = streams.sizes().take();
              return say(streams, size.columns() + "x" + size.rows(), 0);
            });
    SimulatedConnection.Stream resize = client.open(1, "resize");
    resize.clientSends("{\"Width\":0,\"Height\":0}{\"Width\":80,\"Height\":24}nonsense");
    client.open(3, "error");
    client.open(5, "stdout");
    assertThat(client.awaitEnd()).contains("stdout: 80x24", SUCCESS);
  }

  @Test
  void theClientsEndOfInputIsTheProcesss() throws Exception {
    SimulatedConnection client =
        exec(
            new StreamOptions(false, true, true, false),
            streams -> say(streams, new String(streams.in().readAllBytes(), UTF_8), 0));
    SimulatedConnection.Stream stdin = client.open(1, "stdin");
    stdin.clientSends("abc");
    stdin.clientCloses();
    client.open(3, "error");
    client.open(5, "stdout");
    assertThat(client.awaitEnd()).contains("stdout: abc", SUCCESS);
  }

  @Test
  void aClientThatStopsReadingOneOutputDoesNotStopTheProcess() throws Exception {
    CountDownLatch reset = new CountDownLatch(1);
    SimulatedConnection client =
        exec(
            STDOUT,
            streams -> {
              reset.await();
              streams.out().write(new byte[1 << 20]);
              return 5;
            });
    client.open(1, "error");
    client.open(3, "stdout").clientResets();
    reset.countDown();
    assertThat(client.awaitEnd()).anyMatch(event -> event.contains("exit code 5"));
  }

  @Test
  void losingTheClientIsEndOfInputAndTheProcessIsLetGo() throws Exception {
    CountDownLatch sawEnd = new CountDownLatch(1);
    RemoteCommandSession session =
        new RemoteCommandSession(
            new RemoteCommand(
                false,
                false,
                ALL,
                () ->
                    started(
                        ALL,
                        streams -> {
                          streams.in().readAllBytes();
                          sawEnd.countDown();
                          return 0;
                        })),
            RemoteCommandProtocol.V4,
            StreamingLimits.STANDARD,
            threads);
    SimulatedConnection client = new SimulatedConnection(session);
    client.open(1, "error");
    SimulatedConnection.Stream stdin = client.open(3, "stdin");
    client.open(5, "stdout");
    client.open(7, "stderr");
    stdin.clientSends("half a line");
    Awaitility.await().until(() -> process.get() != null);
    stdin.clientResets();
    session.lost();
    assertThat(client.awaitEnd()).endsWith("finished");
    assertThat(sawEnd.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.get().closed().await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void theEndOfAnAttachmentsInputEndsItsOutputsWhereItDetaches() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicBoolean goesOn = new AtomicBoolean();
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            true,
            true,
            ALL,
            () ->
                started(
                    ALL,
                    streams -> {
                      goesOn.set(true);
                      never.await();
                      return 0;
                    }));
    client.open(1, "error");
    SimulatedConnection.Stream stdin = client.open(3, "stdin");
    client.open(5, "stdout");
    client.open(7, "stderr");
    Awaitility.await().untilTrue(goesOn);
    stdin.clientCloses();
    assertThat(client.awaitEnd()).contains(SUCCESS).endsWith("finished");
    assertThat(process.get().exit()).isNotDone();
    never.countDown();
  }

  @Test
  void theEndOfAnAttachmentsInputLeavesItsOutputsElsewhere() throws Exception {
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            true,
            false,
            new StreamOptions(false, true, true, false),
            () ->
                started(
                    new StreamOptions(false, true, true, false),
                    streams -> {
                      streams.in().readAllBytes();
                      return say(streams, "after the end", 0);
                    }));
    client.open(1, "error");
    client.open(3, "stdin").clientCloses();
    client.open(5, "stdout");
    assertThat(client.awaitEnd()).contains("stdout: after the end", SUCCESS);
  }

  @Test
  void anAttachmentWithoutOutputsEndsWithItsInput() throws Exception {
    StreamOptions stdin = new StreamOptions(false, true, false, false);
    SimulatedConnection client =
        connect(
            RemoteCommandProtocol.V4,
            true,
            stdin,
            () -> started(stdin, streams -> streams.in().readAllBytes().length));
    client.open(1, "error");
    client.open(3, "stdin").clientCloses();
    assertThat(client.awaitEnd()).containsExactly(SUCCESS, "error ended", "finished");
  }
}
