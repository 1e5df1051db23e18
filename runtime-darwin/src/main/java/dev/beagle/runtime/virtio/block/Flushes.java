package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The flushes of one activation, on a thread that is there while there are any, so that nothing
 * else waits for the medium (5 to 20 ms on a Mac). Those that come during one are answered by the
 * next together: each covers all that was written before it came. The thread touches no memory of
 * the guest; the worker takes the answers by {@link #next}.
 */
final class Flushes {
  /**
   * @param status for the guest
   */
  record Done(BlockRequest request, byte status) {}

  private record Waiting(BlockRequest request, Attachment disk) {}

  private final String thread;
  private final Runnable news;
  private final Queue<Done> done = new ConcurrentLinkedQueue<>();
  private List<Waiting> waiting = new ArrayList<>();
  private boolean running;
  private volatile @Nullable Throwable defect;

  /**
   * @param news told on that thread when there is an answer
   */
  Flushes(String thread, Runnable news) {
    this.thread = thread;
    this.news = news;
  }

  synchronized void begin(BlockRequest request, Attachment disk) {
    waiting.add(new Waiting(request, disk));
    if (!running) {
      running = true;
      Thread.ofPlatform().daemon().name(thread).start(this::work);
    }
  }

  /** An answer that the guest does not have yet. */
  @Nullable Done next() {
    Throwable cause = defect;
    if (cause != null) {
      throw new IllegalStateException(thread + " ended", cause);
    }
    return done.poll();
  }

  private void work() {
    try {
      workOff();
    } catch (RuntimeException | Error cause) {
      defect = cause;
      news.run();
    }
  }

  private void workOff() {
    for (List<Waiting> round = take(); !round.isEmpty(); round = take()) {
      Map<Attachment, Byte> outcomes = new HashMap<>();
      for (Waiting each : round) {
        byte status = outcomes.computeIfAbsent(each.disk(), Flushes::flush);
        done.add(new Done(each.request(), status));
      }
      news.run();
    }
  }

  private synchronized List<Waiting> take() {
    List<Waiting> round = waiting;
    waiting = new ArrayList<>();
    running = !round.isEmpty();
    return round;
  }

  private static byte flush(Attachment disk) {
    try {
      if (!disk.disk().readOnly()) {
        disk.disk().sync();
      }
      return BlockRequest.OK;
    } catch (Failure error) {
      disk.tell(error);
      return BlockRequest.IOERR;
    }
  }
}
