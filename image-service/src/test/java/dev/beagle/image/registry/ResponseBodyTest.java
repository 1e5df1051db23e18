package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.testing.ManualTime;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow.Subscription;
import org.junit.jupiter.api.Test;

class ResponseBodyTest {
  private final ManualTime time = new ManualTime();
  private final ResponseBody body = new ResponseBody(Duration.ofMillis(20), time);

  ResponseBodyTest() {
    body.onSubscribe(
        new Subscription() {
          @Override
          public void request(long count) {}

          @Override
          public void cancel() {}
        });
  }

  private void comes(int bytes) {
    body.onNext(List.of(ByteBuffer.allocate(bytes)));
  }

  @Test
  void steadyButSlowEndsAtTheDeadline() throws IOException {
    comes(7);
    assertThat(body.readNBytes(7)).hasSize(7);
    body.within(Duration.ofSeconds(10));
    for (int second = 0; second < 10; second++) {
      comes(1);
      assertThat(body.read()).isZero();
      time.advance(Duration.ofSeconds(1));
    }
    comes(1);
    assertThatThrownBy(body::read)
        .isInstanceOf(SlowBodyException.class)
        .hasMessage("only 10 bytes in 10 s");
  }

  @Test
  void aLiftedDeadlineLeavesTheSilence() throws IOException {
    body.within(Duration.ofSeconds(10));
    comes(1);
    assertThat(body.read()).isZero();
    body.within(Duration.ZERO);
    time.advance(Duration.ofHours(1));
    comes(1);
    assertThat(body.read()).isZero();
    assertThatThrownBy(body::read)
        .isInstanceOf(HttpTimeoutException.class)
        .hasMessage("no data for 20 ms");
  }
}
