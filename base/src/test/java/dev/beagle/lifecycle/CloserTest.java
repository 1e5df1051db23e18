package dev.beagle.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CloserTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void closesInReverseOrderAndOnlyOnce() {
    Closer closer = new Closer();
    closer.onClose(() -> closed.add("first"));
    closer.onClose(() -> closed.add("second"));
    closer.close();
    closer.close();
    assertThat(closed).containsExactly("second", "first");
  }

  @Test
  void everythingIsClosedAndEveryErrorKept() {
    Closer closer = new Closer();
    closer.onClose(() -> closed.add("reached"));
    closer.onClose(() -> {
      throw new IllegalStateException("later");
    });
    closer.onClose(() -> {
      throw new IllegalStateException("earlier");
    });
    assertThatThrownBy(closer::close)
        .hasMessage("earlier")
        .satisfies(error -> assertThat(error.getSuppressed()).hasSize(1));
    assertThat(closed).containsExactly("reached");
  }

  @Test
  void aSuccessorClosesEverythingInTheSameOrder() {
    Closer successor;
    try (Closer closer = new Closer()) {
      closer.onClose(() -> closed.add("first"));
      closer.onClose(() -> closed.add("second"));
      successor = closer.handOver();
    }
    assertThat(closed).isEmpty();
    successor.close();
    assertThat(closed).containsExactly("second", "first");
  }

  @Test
  void releasedResourcesStayOpen() {
    try (Closer closer = new Closer()) {
      closer.onClose(() -> closed.add("never"));
      closer.release();
    }
    assertThat(closed).isEmpty();
  }
}
