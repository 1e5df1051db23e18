package dev.beagle.node.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.testing.ManualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WaitingRequestsTest {
  private final ManualTime time = new ManualTime();
  private final WaitingRequests waiting = new WaitingRequests(time, StreamingLimits.STANDARD);
  private final StreamingRequest request =
      new StreamingRequest.PortForward(
          List.of(),
          port -> {
            throw Failure.unavailable("not dialled here");
          });

  @Test
  void aTokenServesOnce() {
    String token = waiting.add(request);
    assertThat(waiting.find("portforward", token)).contains(request);
    assertThat(waiting.take(token)).isTrue();
    assertThat(waiting.take(token)).isFalse();
    assertThat(waiting.find("portforward", token)).isEmpty();
  }

  @Test
  void aTokenServesUnderItsPathOnly() {
    String token = waiting.add(request);
    assertThat(waiting.find("exec", token)).isEmpty();
    assertThat(waiting.find("portforward", token)).isPresent();
  }

  @Test
  void aTokenExpiresAfterAMinute() {
    String token = waiting.add(request);
    time.advance(Duration.ofSeconds(59));
    assertThat(waiting.find("portforward", token)).isPresent();
    time.advance(Duration.ofSeconds(1));
    assertThat(waiting.find("portforward", token)).isEmpty();
    assertThat(waiting.take(token)).isFalse();
  }

  @Test
  void atMostAThousandWaitUntilTheyExpire() {
    Set<String> tokens = new HashSet<>();
    for (int count = 0; count < 1000; count++) {
      tokens.add(waiting.add(request));
    }
    assertThat(tokens).hasSize(1000).allMatch(token -> token.matches("[A-Za-z0-9_-]{22}"));
    assertThatThrownBy(() -> waiting.add(request))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.kind()).isEqualTo(FailureKind.EXHAUSTED))
        .hasMessageContaining("1000");
    time.advance(Duration.ofMinutes(1));
    assertThat(waiting.add(request)).isNotEmpty();
  }
}
