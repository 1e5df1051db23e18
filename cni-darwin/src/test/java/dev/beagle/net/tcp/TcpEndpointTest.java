package dev.beagle.net.tcp;

import static dev.beagle.net.wire.TcpHeader.ACK;
import static dev.beagle.net.wire.TcpHeader.FIN;
import static dev.beagle.net.wire.TcpHeader.RST;
import static dev.beagle.net.wire.TcpHeader.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.net.wire.TcpHeader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcpEndpointTest {
  private static final int WINDOW = 64_240;

  private static TcpHeader syn() {
    TcpHeader syn = TcpScript.header(SYN, 0, 0, WINDOW);
    syn.maximumSegmentSize = 1460;
    syn.windowScale = 7;
    return syn;
  }

  // ---- Handshake

  @Test
  void aHeldSynIsAnsweredWhenItIsAccepted() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    assertThat(script.sent()).isEmpty();
    script.endpoint().accept(0);
    assertThat(script.sent()).containsExactly("SA 0:0 ack 1");
    script.peer(ACK, 1, 1, WINDOW, "");
    assertThat(script.events()).containsExactly("established");
  }

  @Test
  void aRefusalAcknowledgesTheSyn() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    script.endpoint().refuse();
    assertThat(script.sent()).containsExactly("RA 0:0 ack 1");
    assertThat(script.endpoint().isClosed()).isTrue();
  }

  @Test
  void aSynAckThatIsNotAnsweredIsRepeatedAndGivenUp() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    script.endpoint().accept(0);
    script.pass(120_000);
    assertThat(script.sent()).hasSize(6).allMatch("SA 0:0 ack 1"::equals);
    assertThat(script.events()).containsExactly("timed_out");
  }

  @Test
  void aRepeatedSynIsAnsweredAgainAndAnotherOneReplaces() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    assertThat(script.endpoint().isReplacedBy(syn())).isFalse();
    TcpHeader other = syn();
    other.sequence += 77;
    assertThat(script.endpoint().isReplacedBy(other)).isTrue();
    script.endpoint().accept(0);
    script.sent();
    script.peer(SYN, 0, 0, WINDOW, "");
    assertThat(script.sent()).containsExactly("SA 0:0 ack 1");
  }

  @Test
  void aResetDuringTheHandshakeEndsIt() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    script.endpoint().accept(0);
    script.peer(RST, 1, 0, 0, "");
    assertThat(script.events()).containsExactly("reset");
  }

  @Test
  void aWrongAcknowledgmentOfOurSynIsReset() {
    TcpScript script = new TcpScript();
    script.endpoint().hold(syn());
    script.endpoint().accept(0);
    script.sent();
    script.peer(ACK, 1, 5, WINDOW, "");
    assertThat(script.sent()).containsExactly("R 5:0");
    assertThat(script.events()).isEmpty();
  }

  @Test
  void weOpenActively() {
    TcpScript script = new TcpScript();
    script.endpoint().connect(0);
    assertThat(script.sent()).containsExactly("S 0:0");
    script.peer(SYN | ACK, 0, 1, WINDOW, "");
    assertThat(script.sent()).containsExactly("A 1:0 ack 1");
    assertThat(script.events()).containsExactly("established");
  }

  @Test
  void anActiveOpenIsRefusedOnlyByAResetThatAcknowledgesIt() {
    TcpScript script = new TcpScript();
    script.endpoint().connect(0);
    script.peer(RST, 0, 0, 0, "").peer(RST | ACK, 0, 9, 0, "");
    assertThat(script.events()).isEmpty();
    script.peer(RST | ACK, 0, 1, 0, "");
    assertThat(script.events()).containsExactly("refused");
  }

  // ---- Data

  @Test
  void dataInOrderIsAcknowledgedOncePerBatch() {
    TcpScript script = new TcpScript().opened();
    script.peer(ACK, 1, 1, WINDOW, "hello");
    assertThat(script.received()).isEqualTo("hello");
    assertThat(script.sent()).containsExactly("A 1:0 ack 6");
  }

  @Test
  void aHoleIsComplainedOfAtOnceAndOldBytesAreSkipped() {
    TcpScript script = new TcpScript().opened();
    script.peer(ACK, 6, 1, WINDOW, "world");
    assertThat(script.sent()).containsExactly("A 1:0 ack 1");
    script.peer(ACK, 1, 1, WINDOW, "hello").peer(ACK, 4, 1, WINDOW, "loworld");
    assertThat(script.received()).isEqualTo("helloworld");
    script.sent();
    script.peer(ACK, 1, 1, WINDOW, "hello");
    assertThat(script.sent()).containsExactly("A 1:0 ack 11");
    assertThat(script.received()).isEqualTo("helloworld");
  }

  @Test
  void sequenceNumbersWrap() {
    TcpScript script = new TcpScript().opened();
    String chunk = "x".repeat(100);
    for (int i = 0; i < 5; i++) {
      script.peer(ACK, 1 + 100 * i, 1, WINDOW, chunk);
    }
    assertThat(script.received()).hasSize(500);
    assertThat(script.sent().getLast()).isEqualTo("A 1:0 ack 501");
  }

  @Test
  void weSendInLargeFramesWithinTheWindow() {
    TcpScript script = new TcpScript().opened(1460, 0, 0xFFFF);
    script.send(200_000);
    assertThat(script.sent()).containsExactly("A 1:64240 ack 1");
    script.peer(ACK, 1, 1 + 64_240, 0xFFFF, "");
    assertThat(script.sent()).containsExactly("A 64241:64240 ack 1");
  }

  @Test
  void aSmallSegmentSizeBoundsTheFrame() {
    TcpScript script = new TcpScript().opened(88, 7, 0xFFFF);
    script.send(30_000);
    assertThat(script.sent().getFirst()).isEqualTo("A 1:11176 ack 1");
  }

  @Test
  void lostDataIsSentAgainAndThePeerIsGivenUpAfterTwoMinutes() {
    TcpScript script = new TcpScript().opened();
    script.send(1000);
    assertThat(script.sent()).containsExactly("PA 1:1000 ack 1");
    script.pass(250);
    assertThat(script.sent()).containsExactly("PA 1:1000 ack 1");
    script.pass(300_000);
    assertThat(script.events()).containsExactly("timed_out");
    assertThat(script.sent().getLast()).startsWith("RA 1001:0");
  }

  @Test
  void duplicatesBringTheHoleOnce() {
    TcpScript script = new TcpScript().opened(1460, 7, 0xFFFF);
    script.send(300_000);
    assertThat(script.sent()).hasSize(5);
    for (int i = 0; i < 6; i++) {
      script.peer(ACK, 1, 1, 0xFFFF, "");
    }
    assertThat(script.sent()).containsExactly("A 1:64240 ack 1");
    script.peer(ACK, 1, 1 + 2 * 64_240, 0xFFFF, "");
    assertThat(script.sent()).containsExactly("A 128481:64240 ack 1");
  }

  @Test
  void afterATimeoutTheFlightGrowsFromOneFrame() {
    TcpScript script = new TcpScript().opened(1460, 7, 0xFFFF);
    script.send(500_000).sent();
    script.pass(250);
    assertThat(script.sent()).containsExactly("A 1:64240 ack 1");
    script.peer(ACK, 1, 1 + 64_240, 0xFFFF, "");
    assertThat(script.sent()).hasSize(2);
  }

  @Test
  void aClosedWindowIsProbedForAsLongAsThePeerAnswers() {
    TcpScript script = new TcpScript().opened();
    script.peer(ACK, 1, 1, 0, "").send(100);
    assertThat(script.sent()).isEmpty();
    for (int round = 0; round < 20; round++) {
      script.pass(61_000);
      assertThat(script.sent()).isNotEmpty().allMatch("A 0:0 ack 1"::equals);
      script.peer(ACK, 1, 1, 0, "");
    }
    script.peer(ACK, 1, 1, WINDOW, "");
    assertThat(script.sent()).containsExactly("PA 1:100 ack 1");
    assertThat(script.events()).isEmpty();
  }

  @Test
  void aWindowThatShrinksUnderDataInFlightHoldsBackTheRest() {
    TcpScript script = new TcpScript().opened(1460, 0, 4096);
    script.send(8192);
    script.sent();
    script.peer(ACK, 1, 1461, 100, "");
    assertThat(script.sent()).isEmpty();
    script.peer(ACK, 1, 4097, 8192, "");
    assertThat(script.sent()).containsExactly("PA 4097:4096 ack 1");
  }

  @Test
  void ourWindowClosesWithTheOwnerAndItsOpeningIsAnnounced() {
    TcpScript script = new TcpScript(4000, TcpScript.OURS).opened().owner(0);
    script.peer(ACK, 1, 1, WINDOW, "a".repeat(1460)).peer(ACK, 1461, 1, WINDOW, "b".repeat(1460));
    script.peer(ACK, 2921, 1, WINDOW, "c".repeat(1460));
    assertThat(script.sent().getLast()).isEqualTo("A 1:0 ack 4001");
    script.peer(ACK, 4001, 1, WINDOW, "c".repeat(380));
    assertThat(script.sent().getLast()).isEqualTo("A 1:0 ack 4001");
    script.owner(Integer.MAX_VALUE).drain();
    assertThat(script.sent()).containsExactly("A 1:0 ack 4001");
    assertThat(script.received()).hasSize(4000);
  }

  @Test
  void nothingGoesWhileTheLinkIsFull() {
    TcpScript script = new TcpScript().opened().linkHasRoom(false);
    script.send(100);
    assertThat(script.sent()).isEmpty();
    script.linkHasRoom(true).send(0);
    assertThat(script.sent()).containsExactly("PA 1:100 ack 1");
  }

  @Test
  void keepAlivesAreAnswered() {
    TcpScript script = new TcpScript().opened().pass(1000);
    script.peer(ACK, 0, 1, WINDOW, "");
    assertThat(script.sent()).containsExactly("A 1:0 ack 1");
    script.peer(ACK, 0, 1, WINDOW, "x");
    assertThat(script.sent()).containsExactly("A 1:0 ack 1");
    assertThat(script.received()).isEmpty();
  }

  // ---- Closing

  @Test
  void thePeerEndsFirst() {
    TcpScript script = new TcpScript().opened();
    script.peer(FIN | ACK, 1, 1, WINDOW, "bye");
    assertThat(script.received()).isEqualTo("bye");
    assertThat(script.events()).containsExactly("receivedAll");
    assertThat(script.sent()).containsExactly("A 1:0 ack 5");
    script.send(10).end();
    assertThat(script.sent()).containsExactly("PA 1:10 ack 5", "FA 11:0 ack 5");
    script.peer(ACK, 5, 12, WINDOW, "");
    assertThat(script.events()).containsExactly("finished");
    assertThat(script.endpoint().isClosed()).isTrue();
  }

  @Test
  void weEndFirstAndLingerAMinute() {
    TcpScript script = new TcpScript().opened();
    script.end();
    assertThat(script.sent()).containsExactly("FA 1:0 ack 1");
    script.peer(ACK, 1, 2, WINDOW, "tail").peer(FIN | ACK, 5, 2, WINDOW, "");
    assertThat(script.received()).isEqualTo("tail");
    assertThat(script.events()).containsExactly("receivedAll", "finished");
    assertThat(script.endpoint().isLingering()).isTrue();
    script.sent();
    script.peer(FIN | ACK, 5, 2, WINDOW, "");
    assertThat(script.sent()).containsExactly("A 2:0 ack 6");
    TcpHeader again = syn();
    again.sequence += 100;
    assertThat(script.endpoint().isReplacedBy(again)).isTrue();
    script.pass(61_000);
    assertThat(script.endpoint().isClosed()).isTrue();
  }

  @Test
  void aLostFinIsSentAgain() {
    TcpScript script = new TcpScript().opened();
    script.send(5).end();
    assertThat(script.sent()).containsExactly("PA 1:5 ack 1", "FA 6:0 ack 1");
    script.peer(ACK, 1, 6, WINDOW, "");
    script.pass(250);
    assertThat(script.sent()).containsExactly("FA 6:0 ack 1");
  }

  @Test
  void aFinBehindAHoleWaits() {
    TcpScript script = new TcpScript().opened();
    script.peer(FIN | ACK, 4, 1, WINDOW, "");
    assertThat(script.events()).isEmpty();
    script.peer(FIN | ACK, 1, 1, WINDOW, "abc");
    assertThat(script.events()).containsExactly("receivedAll");
  }

  @Test
  void theEndIsToldAfterTheOwnerTookEverything() {
    TcpScript script = new TcpScript().opened().owner(1);
    script.peer(FIN | ACK, 1, 1, WINDOW, "abc");
    assertThat(script.events()).isEmpty();
    script.owner(10).drain();
    assertThat(script.events()).containsExactly("receivedAll");
    assertThat(script.received()).isEqualTo("abc");
  }

  @ParameterizedTest
  @CsvSource({"1,reset", "100,''", "-5,''", "2000000,''"})
  void onlyAnExactResetCounts(int sequence, String event) {
    TcpScript script = new TcpScript().opened().pass(1000);
    script.peer(RST, sequence, 0, 0, "");
    assertThat(script.events()).isEqualTo(event.isEmpty() ? List.of() : List.of(event));
    if (sequence == 100) {
      assertThat(script.sent()).containsExactly("A 1:0 ack 1"); // RFC 5961: a challenge.
    }
  }

  @Test
  void aResetAfterBothEndsLosesNothingThatTheOwnerHasNotTaken() {
    TcpScript script = new TcpScript().opened().owner(2);
    script.peer(TcpHeader.ACK | TcpHeader.FIN, 1, 1, 1000, "abcd").end();
    script.peer(TcpHeader.ACK, 6, 2, 1000, "");
    script.peer(TcpHeader.RST, 6, 0, 0, "");
    assertThat(script.events()).isEmpty();
    script.owner(10).drain();
    assertThat(script.received()).isEqualTo("abcd");
    assertThat(script.events()).containsExactly("receivedAll", "finished");
  }

  /** A peer that is short of memory leaves TIME-WAIT early; the answer to our FIN was lost. */
  @Test
  void aResetInsteadOfTheAnswerToOurEndLosesNothing() {
    TcpScript script = new TcpScript().opened().owner(2);
    script.peer(ACK | FIN, 1, 1, 1000, "abcd").end();
    assertThat(script.sent()).contains("FA 1:0 ack 6");
    script.peer(RST, 6, 0, 0, "");
    assertThat(script.events()).isEmpty();
    script.pass(10_000);
    assertThat(script.sent()).isEmpty();
    script.owner(10).drain();
    assertThat(script.received()).isEqualTo("abcd");
    assertThat(script.events()).containsExactly("receivedAll", "finished");
  }

  @Test
  void aResetWithBytesOutstandingIsToldAtOnce() {
    TcpScript script = new TcpScript().opened().owner(2);
    script.send(10);
    script.peer(ACK | FIN, 1, 1, 1000, "abcd").end();
    script.peer(RST, 6, 0, 0, "");
    assertThat(script.events()).containsExactly("reset");
  }

  @Test
  void aSynInsideTheConnectionIsChallenged() {
    TcpScript script = new TcpScript().opened().pass(1000);
    script.peer(SYN, 50, 0, WINDOW, "");
    assertThat(script.sent()).containsExactly("A 1:0 ack 1");
    assertThat(script.events()).isEmpty();
  }

  @Test
  void aResetThatWasAskedForGoesAfterTheData() {
    TcpScript script = new TcpScript().opened();
    script.send(10);
    script.endpoint().resetAfterData(0);
    assertThat(script.sent()).containsExactly("PA 1:10 ack 1");
    script.peer(ACK, 1, 11, WINDOW, "");
    assertThat(script.sent()).containsExactly("RA 11:0 ack 1");
    assertThat(script.events()).containsExactly("done");
  }

  // ---- Silence

  @Test
  void aSilentPeerIsAskedAfterTwoHoursAndGivenUp() {
    TcpScript script = new TcpScript().opened().pass(7_199_000);
    assertThat(script.sent()).isEmpty();
    script.pass(2000);
    assertThat(script.sent()).containsExactly("A 0:0 ack 1");
    script.pass(8 * 75_000);
    assertThat(script.sent()).hasSize(8).allMatch("A 0:0 ack 1"::equals);
    assertThat(script.events()).isEmpty();
    script.pass(75_000);
    assertThat(script.sent()).containsExactly("RA 1:0 ack 1");
    assertThat(script.events()).containsExactly("timed_out");
    assertThat(script.endpoint().deadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aQuietPeerThatAnswersIsKeptHoweverLong() {
    TcpScript script = new TcpScript().opened();
    for (int round = 0; round < 12; round++) {
      script.pass(7_200_000 + 8 * 75_000);
      assertThat(script.sent()).isNotEmpty().allMatch("A 0:0 ack 1"::equals);
      script.peer(ACK, 1, 1, WINDOW, "");
    }
    assertThat(script.events()).isEmpty();
    assertThat(script.endpoint().isOpen()).isTrue();
  }

  @Test
  void whatThePeerSendsPutsTheQuestionOff() {
    TcpScript script = new TcpScript().opened().pass(7_000_000);
    script.peer(ACK, 1, 1, WINDOW, "x").sent();
    script.pass(7_100_000);
    assertThat(script.sent()).isEmpty();
    script.pass(101_000);
    assertThat(script.sent()).containsExactly("A 0:0 ack 2");
  }

  @Test
  void aPeerWhoseResetWasLostIsFoundWithinMinutesOfAHalfClose() {
    TcpScript ours = new TcpScript().opened();
    ours.end();
    ours.peer(ACK, 1, 2, WINDOW, "").sent();
    ours.pass(61_000);
    assertThat(ours.sent()).containsExactly("A 1:0 ack 1");
    ours.peer(RST, 1, 0, 0, "");
    assertThat(ours.events()).containsExactly("reset");
  }

  /** What it sent may still be on the way to the other end: that is not to be taken back. */
  @Test
  void aPeerThatEndedAndThenForgotIsNotCountedAsReset() {
    TcpScript script = new TcpScript().opened();
    script.peer(ACK | FIN, 1, 1, WINDOW, "bye").pass(61_000);
    assertThat(script.sent()).containsExactly("A 1:0 ack 5", "A 0:0 ack 5");
    script.peer(RST, 5, 0, 0, "");
    assertThat(script.events()).containsExactly("receivedAll", "forgotten");
    TcpScript silent = new TcpScript().opened();
    silent.peer(ACK | FIN, 1, 1, WINDOW, "bye").pass(60_000 + 9 * 15_000);
    assertThat(silent.events()).containsExactly("receivedAll", "forgotten");
  }

  /** Nobody asked: it is the peer's own word about a connection that it knows. */
  @Test
  void aPeerThatEndedAndThenResetsIsReset() {
    TcpScript script = new TcpScript().opened();
    script.peer(ACK | FIN, 1, 1, WINDOW, "bye").sent();
    script.peer(RST, 5, 0, 0, "");
    assertThat(script.events()).containsExactly("receivedAll", "reset");
  }

  @Test
  void aPeerIsNotAskedWhileWhatItSentStillWaits() {
    TcpScript script = new TcpScript().opened().owner(1);
    script.peer(ACK | FIN, 1, 1, WINDOW, "bye").sent();
    script.pass(600_000);
    assertThat(script.sent()).isEmpty();
    script.owner(10).drain().pass(121_000);
    assertThat(script.sent()).isNotEmpty();
  }
}
