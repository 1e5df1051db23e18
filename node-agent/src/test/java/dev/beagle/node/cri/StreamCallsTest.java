package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.cri.node.v1.StartAttachedRequest;
import dev.beagle.cri.v1.AttachRequest;
import dev.beagle.cri.v1.ExecRequest;
import dev.beagle.cri.v1.ExecSyncRequest;
import dev.beagle.cri.v1.ExecSyncResponse;
import dev.beagle.cri.v1.PortForwardRequest;
import dev.beagle.cri.v1.StopContainerRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.node.cri.StreamUrls.EndOfInput;
import dev.beagle.node.cri.StreamUrls.Streams;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.stdio.ContainerProcess;
import dev.beagle.runtime.stdio.TerminalSize;
import io.grpc.Context;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StreamCallsTest {
  private static final int MIB = 1024 * 1024;

  private CriWorld world;
  private String id;

  @BeforeEach
  void open() {
    world = CriWorld.open();
    id = world.runningContainer("web");
  }

  @AfterEach
  void close() {
    Awaitility.await().until(() -> world.pods.commands.open() == 0);
    world.close();
  }

  @Test
  void aCommandAnswersWithItsOutput() {
    ExecSyncResponse response = execSync(10, "echo", "hello", "world");

    assertThat(response.getStdout().toStringUtf8()).isEqualTo("hello world");
    assertThat(response.getStderr()).isEmpty();
    assertThat(response.getExitCode()).isZero();
  }

  @Test
  void aCommandThatFailsIsAnAnswer() {
    ExecSyncResponse response = execSync(0, "fail", "3", "no such thing");

    assertThat(response.getExitCode()).isEqualTo(3);
    assertThat(response.getStderr().toStringUtf8()).isEqualTo("no such thing");
  }

  @Test
  void outputIsCutSoThatTheReplyFits() {
    ExecSyncResponse one = execSync(0, "flood", "" + 40L * MIB, "0");
    assertThat(one.getStdout().size()).isEqualTo(StreamCalls.REPLY_LIMIT);

    ExecSyncResponse both = execSync(0, "flood", "" + 40L * MIB, "" + 40L * MIB);
    assertThat(both.getStdout().size()).isEqualTo(StreamCalls.REPLY_LIMIT / 2);
    assertThat(both.getStderr().size()).isEqualTo(StreamCalls.REPLY_LIMIT / 2);

    ExecSyncResponse uneven = execSync(0, "flood", "" + 40L * MIB, "1000");
    assertThat(uneven.getStdout().size()).isEqualTo(StreamCalls.REPLY_LIMIT - 1000);
    assertThat(uneven.getStderr().size()).isEqualTo(1000);
  }

  @Test
  void allCommandsTogetherHoldNoMoreThanTheBudget() {
    OutputBudget budget = new OutputBudget(MIB);
    StreamCalls calls =
        new StreamCalls(new CriObjects(world.pods), world.streams, world.time, budget);

    assertThatThrownBy(() -> calls.execSync(request(0, "flood", "" + 2 * MIB, "0")))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED));
    assertThat(budget.left()).isEqualTo(MIB);
    assertThat(calls.execSync(request(0, "flood", "1000", "0")).getStdout().size()).isEqualTo(1000);
    assertThat(budget.left()).isEqualTo(MIB);
  }

  @Test
  void aCommandThatIsStillThereAtItsLimitIsADeadline() {
    CriWorld.assertFails(
        Status.Code.DEADLINE_EXCEEDED, "killed at its time limit", () -> execSync(1, "hang"));
  }

  @Test
  void childrenThatKeepTheOutputCountAgainstTheLimit() {
    CriWorld.assertFails(
        Status.Code.DEADLINE_EXCEEDED, "kept its output open", () -> execSync(1, "daemonize"));
  }

  @Test
  void whenTheClientLeavesTheCommandsStreamsAreLetGo() throws InterruptedException {
    try (Context.CancellableContext client = Context.current().withCancellation()) {
      Thread call =
          Thread.ofVirtual()
              .start(
                  client.wrap(() ->
                      CriWorld.assertFails(Status.Code.CANCELLED, "", () -> execSync(0, "hang"))));
      world.pods.commands.hanging.await();
      assertThat(world.pods.commands.open()).isEqualTo(1);

      client.cancel(null);

      assertThat(call.join(Duration.ofSeconds(10))).isTrue();
      Awaitility.await().until(() -> world.pods.commands.open() == 0);
    }
  }

  @Test
  void commandsNeedARunningContainerAndWords() {
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "cmd: is missing", () -> execSync(0));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "timeout", () -> execSync(-1, "echo"));
    CriWorld.assertFails(Status.Code.INVALID_ARGUMENT, "NUL", () -> execSync(0, "echo", "a\0b"));
    CriWorld.assertFails(
        Status.Code.NOT_FOUND,
        "container nowhere not found",
        () ->
            world.runtime.execSync(
                ExecSyncRequest.newBuilder().setContainerId("nowhere").addCmd("echo").build()));
    var _ =
        world.runtime.stopContainer(StopContainerRequest.newBuilder().setContainerId(id).build());
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "CONTAINER_EXITED state, not running",
        () -> execSync(0, "echo"));
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "not running",
        () -> world.runtime.exec(exec().setStdout(true).build()));
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "not running",
        () ->
            world.runtime.attach(
                AttachRequest.newBuilder().setContainerId(id).setStdout(true).build()));
  }

  @Test
  void execSendsTheClientToAnEndpointThatRunsTheCommand() throws IOException {
    String url =
        world.runtime.exec(exec().setStdin(true).setStdout(true).setTty(true).build()).getUrl();

    assertThat(url).isEqualTo("http://127.0.0.1:1/exec/1");
    assertThat(world.streams.streams).containsExactly(new Streams(true, true, false, true));
    assertThat(world.pods.commands.open()).isZero();
    try (ContainerProcess process = world.streams.processes.getFirst().get()) {
      assertThat(new String(process.stdout().orElseThrow().readAllBytes(), UTF_8))
          .isEqualTo("hello");
    }
  }

  @Test
  void attachSendsTheClientToAnEndpointOfTheContainersStreams() {
    String url =
        world
            .runtime
            .attach(
                AttachRequest.newBuilder()
                    .setContainerId(id.substring(0, 12))
                    .setStdout(true)
                    .setStderr(true)
                    .build())
            .getUrl();

    assertThat(url).startsWith("http://127.0.0.1:1/attach/");
    assertThat(world.streams.streams).containsExactly(new Streams(false, true, true, false));
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,false,LEAVES_OUTPUTS",
    "true,true,true,DETACHES",
    "true,false,false,DETACHES",
    "true,false,true,DETACHES",
    "false,false,false,LEAVES_OUTPUTS"
  })
  void theEndOfInputDetachesUnlessItIsTheContainersOwn(
      boolean stdin, boolean once, boolean tty, EndOfInput expected) {
    String other =
        world.createContainer(
            world.runSandbox("other"),
            CriWorld.containerConfig("other")
                .setStdin(stdin)
                .setStdinOnce(once)
                .setTty(tty)
                .build());
    world.start(other);

    var _ =
        world.runtime.attach(
            AttachRequest.newBuilder()
                .setContainerId(other)
                .setStdin(true)
                .setStdout(true)
                .setTty(tty)
                .build());

    assertThat(world.streams.endsOfInput).containsExactly(expected);
  }

  @Test
  void aContainerIsStartedOnceItsClientIsAttached() throws IOException, InterruptedException {
    String created =
        world.createContainer(
            world.runSandbox("shell"), CriWorld.containerConfig("shell").setTty(true).build());

    String url = startAttached(created);

    assertThat(url).startsWith("http://127.0.0.1:1/exec/");
    assertThat(world.streams.streams).containsExactly(new Streams(true, true, false, true));
    SimulatedContainer container = world.pods.container(created);
    assertThat(container.state()).isInstanceOf(ContainerState.Created.class);
    try (ContainerProcess process = world.streams.processes.getFirst().get()) {
      assertThat(container.attachedBeforeStart()).isEqualTo(1);
      assertThat(container.state()).isInstanceOf(ContainerState.Running.class);
      assertThat(world.pods.commands.lastSize).contains(new TerminalSize(99, 33));
      assertThat(new String(process.stdout().orElseThrow().readAllBytes(), UTF_8))
          .isEqualTo("from the start");
    }
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "CONTAINER_RUNNING state, not created and not started",
        () -> startAttached(created));
  }

  @Test
  void aStartThatFailsLetsGoOfItsStreams() {
    String created =
        world.createContainer(
            world.runSandbox("shell"), CriWorld.containerConfig("shell").setTty(true).build());
    startAttached(created);
    world.pods.nextFailure = Failure.internal("executable file `x` not found in $PATH");

    assertThatThrownBy(() -> world.streams.processes.getFirst().get()).hasMessageContaining("`x`");

    assertThat(world.pods.commands.open()).isZero();
  }

  private String startAttached(String containerId) {
    return world
        .node
        .startAttached(
            StartAttachedRequest.newBuilder()
                .setContainerId(containerId)
                .setStdin(true)
                .setStdout(true)
                .setColumns(99)
                .setRows(33)
                .build())
        .getUrl();
  }

  @Test
  void aTerminalHasOneOutputAndSomethingMustFlow() {
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "stderr: a terminal has one output",
        () -> world.runtime.exec(exec().setStderr(true).setTty(true).build()));
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "one of stdin, stdout and stderr",
        () -> world.runtime.exec(exec().build()));
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "the container id is empty",
        () -> world.runtime.exec(ExecRequest.newBuilder().addCmd("sh").setStdout(true).build()));
  }

  @Test
  void portForwardSendsTheClientToAnEndpointThatDials() {
    String sandbox = world.pods.container(id).sandboxId().value();

    String url = world.runtime.portForward(portForward(sandbox)).getUrl();

    assertThat(url).isEqualTo("http://127.0.0.1:1/portforward/1");
    assertThat(world.streams.forwarded).containsExactly(80);
    assertThatThrownBy(() -> world.streams.dialers.getFirst().apply(81))
        .hasMessage("nothing listens on port 81");
    CriWorld.assertFails(
        Status.Code.INVALID_ARGUMENT,
        "the sandbox id is empty",
        () -> world.runtime.portForward(portForward("")));
    world.pods.sandbox(sandbox).lose("gone");
    CriWorld.assertFails(
        Status.Code.FAILED_PRECONDITION,
        "is not running",
        () -> world.runtime.portForward(portForward(sandbox)));
  }

  private ExecSyncResponse execSync(long timeout, String... words) {
    return world.runtime.execSync(request(timeout, words));
  }

  private ExecSyncRequest request(long timeout, String... words) {
    return ExecSyncRequest.newBuilder()
        .setContainerId(id)
        .setTimeout(timeout)
        .addAllCmd(List.of(words))
        .build();
  }

  private ExecRequest.Builder exec() {
    return ExecRequest.newBuilder().setContainerId(id).addCmd("echo").addCmd("hello");
  }

  private static PortForwardRequest portForward(String sandbox) {
    return PortForwardRequest.newBuilder().setPodSandboxId(sandbox).addPort(80).build();
  }
}
