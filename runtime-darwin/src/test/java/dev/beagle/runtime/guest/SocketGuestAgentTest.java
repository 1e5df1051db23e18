package dev.beagle.runtime.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.runtime.guest.wire.Exec;
import dev.beagle.runtime.guest.wire.Exited;
import dev.beagle.runtime.guest.wire.Hello;
import dev.beagle.runtime.guest.wire.HelloReply;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.guest.wire.Signal;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client on a real socket; the other end greets, tells an exit and answers ListProcesses. */
class SocketGuestAgentTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir Path folder;

  private ServerSocketChannel server;
  private UnixDomainSocketAddress address;
  private final CountDownLatch hangUp = new CountDownLatch(1);

  /** Requests that are answered before the one that was read first. */
  private final AtomicInteger busyFor = new AtomicInteger();

  /** At once after its greeting. */
  private volatile Iterable<Exited> told =
      List.of(Exited.newBuilder().setContainer("early").build());

  private final List<Request.CallCase> read = new CopyOnWriteArrayList<>();
  private volatile CountDownLatch answers = new CountDownLatch(0);

  @BeforeEach
  void listen() throws IOException {
    address = UnixDomainSocketAddress.of(folder.resolve("agent.sock"));
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
    Thread.ofPlatform().daemon().start(this::serve);
  }

  @AfterEach
  void close() throws IOException {
    hangUp.countDown();
    server.close();
  }

  private void serve() {
    try (SocketChannel channel = server.accept()) {
      Frames.read(channel, Hello.parser());
      Frames.write(channel, HelloReply.newBuilder().setProtocol(SocketGuestAgent.PROTOCOL).build());
      for (Exited exit : told) {
        Frames.write(channel, Reply.newBuilder().setExited(exit).build());
      }
      do {
        Request request = Frames.read(channel, Request.parser());
        read.add(request.getCallCase());
        answers.await();
        while (busyFor.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
          answer(channel, Frames.read(channel, Request.parser()));
        }
        answer(channel, request);
      } while (hangUp.getCount() > 0);
    } catch (IOException | InterruptedException ended) {
      // The client has gone, or the test is over.
      return;
    }
  }

  private static void answer(SocketChannel channel, Request request) throws IOException {
    Frames.write(
        channel,
        Reply.newBuilder()
            .setId(request.getId())
            .setProcesses(ProcessList.newBuilder().setSandbox("s"))
            .build());
  }

  private SocketGuestAgent connect() {
    return connect(LIMIT);
  }

  private SocketGuestAgent connect(Duration patience) {
    return SocketGuestAgent.connect(
        "test",
        () -> {
          SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
          channel.connect(address);
          return channel;
        },
        patience);
  }

  private static Request.Builder list() {
    return Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance());
  }

  private static Iterable<Exited> flood(Exited exit) {
    return () -> Stream.generate(() -> exit).iterator();
  }

  /** With a listener that ends, if it does, later than they come. */
  private void awaitGone(SocketGuestAgent agent, boolean listens) throws InterruptedException {
    CountDownLatch gone = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    if (listens) {
      agent.onExit(exit -> awaitQuietly(end));
    }
    agent.onGone(gone::countDown);
    gone.await();
    end.countDown();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Timeout(30)
  void anAgentThatTellsOfEndsForEverLosesItsConnection(boolean listens) throws Exception {
    told = flood(Exited.newBuilder().setContainer("c").build());
    try (SocketGuestAgent agent = connect()) {
      awaitGone(agent, listens);
      assertThatThrownBy(() -> agent.call(list(), LIMIT))
          .isInstanceOfSatisfying(
              Failure.class,
              failure -> assertThat(failure.kind()).isEqualTo(FailureKind.UNAVAILABLE));
    }
  }

  @Test
  @Timeout(30)
  void anEndOfWhatHasNoNameOfOursCostsTheConnection() throws Exception {
    told = List.of(Exited.newBuilder().setContainer("c".repeat(129)).build());
    try (SocketGuestAgent agent = connect()) {
      awaitGone(agent, true);
    }
  }

  @Test
  void whatAnEndSaysThatNobodyKnowsIsNotKept() throws Exception {
    told =
        List.of(
            Exited.newBuilder()
                .setContainer("c")
                .setUnknownFields(
                    UnknownFieldSet.newBuilder()
                        .addField(
                            99,
                            UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFrom(new byte[1 << 20]))
                                .build())
                        .build())
                .build());
    try (SocketGuestAgent agent = connect()) {
      CountDownLatch heard = new CountDownLatch(1);
      AtomicInteger bytes = new AtomicInteger();
      agent.onExit(exit -> {
        bytes.set(exit.getSerializedSize());
        heard.countDown();
      });
      heard.await();
      assertThat(bytes).hasValue(3);
    }
  }

  @Test
  void theWordsOfAnAgentAreCutAndOnOneLine() {
    Failure failure =
        SocketGuestAgent.failure(
            dev.beagle.runtime.guest.wire.Error.newBuilder()
                .setKind("NOT_FOUND")
                .setMessage("\u001b[2J\n" + "x".repeat(1 << 20))
                .build());
    assertThat(failure.kind()).isEqualTo(FailureKind.NOT_FOUND);
    assertThat(failure.reason()).startsWith("?[2J?x").hasSizeLessThan(1100);
  }

  @Test
  void anInterruptedCallerCostsOnlyItsOwnCall() {
    try (SocketGuestAgent agent = connect()) {
      for (int i = 0; i < 20; i++) {
        Thread.currentThread().interrupt();
        try {
          assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
        } catch (Failure cancelled) {
          assertThat(cancelled.kind()).isEqualTo(FailureKind.CANCELLED);
        }
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(agent.call(list(), LIMIT).getProcesses().getSandbox()).isEqualTo("s");
    }
  }

  @Test
  @Timeout(30)
  void anAgentIsSilentFromACallThatWaitsLongToItsNextAnswer() throws Exception {
    answers = new CountDownLatch(1);
    try (SocketGuestAgent agent = connect(Duration.ofSeconds(1))) {
      FutureTask<Reply> call = new FutureTask<>(() -> agent.call(list(), LIMIT));
      Thread.ofVirtual().start(call);
      await().until(agent::silent);
      answers.countDown();
      assertThat(call.get().hasProcesses()).isTrue();
      assertThat(agent.silent()).isFalse();
    }
  }

  @Test
  @Timeout(30)
  void anAgentThatGivesNoSignOfLifeIsNotWaitedForToTheEnd() {
    answers = new CountDownLatch(1);
    try (SocketGuestAgent agent = connect(Duration.ofMillis(5))) {
      assertThatThrownBy(() -> agent.call(list(), Duration.ofHours(1)))
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.TIMED_OUT))
          .hasMessageContaining("hangs");
      answers.countDown();
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
    }
  }

  @Test
  @Timeout(60)
  void whatAHungAgentDidNotTakeIsNotDoneWhenItWakes() {
    answers = new CountDownLatch(1);
    // More than the socket takes, so that what comes behind waits with us.
    Request.Builder large =
        Request.newBuilder()
            .setExec(Exec.newBuilder().setProcess(ByteString.copyFrom(new byte[3 << 20])));
    Request.Builder stop = Request.newBuilder().setSignal(Signal.newBuilder().setSignal(9));
    try (SocketGuestAgent agent = connect()) {
      for (Request.Builder call : List.of(list(), large, large.clone(), stop)) {
        assertThatThrownBy(() -> agent.call(call, Duration.ofMillis(50)))
            .isInstanceOf(Failure.class)
            .hasMessageContaining("may still be done");
      }
      answers.countDown();
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
    }
    assertThat(read)
        .contains(Request.CallCase.LIST_PROCESSES, Request.CallCase.EXEC)
        .doesNotContain(Request.CallCase.SIGNAL);
  }

  /** Its answer to what is asked first comes last. */
  @Test
  @Timeout(30)
  void anAgentThatAnswersPingsMayTakeItsTime() {
    busyFor.set(2);
    try (SocketGuestAgent agent = connect(Duration.ofMillis(500))) {
      assertThat(agent.call(list(), Duration.ofHours(1)).hasProcesses()).isTrue();
      assertThat(busyFor).hasValue(0);
    }
  }

  @Test
  void anExitThatCameBeforeItsListenerIsNotLost() throws Exception {
    try (SocketGuestAgent agent = connect()) {
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
      CompletableFuture<String> ended = new CompletableFuture<>();

      agent.onExit(exit -> ended.complete(exit.getContainer()));

      assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo("early");
    }
  }

  @Test
  @Timeout(30)
  void whoListensDoesNotWaitForAnExitThatCameBefore() throws Exception {
    CountDownLatch listening = new CountDownLatch(1);
    CountDownLatch dealtWith = new CountDownLatch(1);
    try (SocketGuestAgent agent = connect()) {
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();

      agent.onExit(exit -> {
        awaitQuietly(listening);
        dealtWith.countDown();
      });
      listening.countDown();

      assertThat(dealtWith.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @Timeout(10)
  void lettingGoOfTheAgentEndsTheThreadsButTellsNobody() throws InterruptedException {
    SocketGuestAgent agent = connect();
    CountDownLatch gone = new CountDownLatch(1);
    agent.onGone(gone::countDown);
    assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();

    agent.close();
    agent.awaitEnd();

    assertThat(gone.getCount()).isOne();
  }

  @Test
  @Timeout(10)
  void theThreadsEndWithTheAgentAndWhoAsksLateIsToldAtOnce() throws InterruptedException {
    try (SocketGuestAgent agent = connect()) {
      hangUp.countDown();
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
      agent.awaitEnd();
      CountDownLatch late = new CountDownLatch(1);
      agent.onGone(late::countDown);
      assertThat(late.getCount()).isZero();
    }
  }

  @Test
  void theEndOfTheAgentIsToldOnceAndEndsItsCalls() throws Exception {
    try (SocketGuestAgent agent = connect()) {
      CountDownLatch gone = new CountDownLatch(1);
      agent.onGone(gone::countDown);
      hangUp.countDown();
      assertThat(agent.call(list(), LIMIT).hasProcesses()).isTrue();
      assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> agent.call(list(), LIMIT))
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.kind()).isEqualTo(FailureKind.UNAVAILABLE));
    }
  }
}
