package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The flushes of one activation, on a thread that ends when there are none for a while, so that
 * nothing else waits for the medium (5 to 20 ms on a Mac). Those that come during one are answered
 * by the next together: each covers all that was written before it came. The thread touches no
 * memory of the guest; the worker takes the answers by {@link #next}.
 */
final class Flushes {
  /** To begin a thread takes as long as a flush of a quick disk: 0.1 ms. */
  private static final long LINGER_SECONDS = 1;

  /**
   * @param status for the guest
   */
  record Done(BlockRequest request, byte status) {}

  private record Waiting(BlockRequest request, Attachment disk) {}

  private final Runnable news;
  private final ThreadPoolExecutor thread;
  private final Queue<Done> done = new ConcurrentLinkedQueue<>();
  private List<Waiting> waiting = new ArrayList<>();
  private volatile @Nullable Throwable defect;

  /**
   * @param news told on that thread when there is an answer
   */
  Flushes(String name, Runnable news) {
    this.news = news;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            LINGER_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name(name).factory());
    thread.allowCoreThreadTimeOut(true);
  }

  synchronized void begin(BlockRequest request, Attachment disk) {
    waiting.add(new Waiting(request, disk));
    if (waiting.size() == 1) {
      thread.execute(this::work);
    }
  }

  /** No answer is asked for any more. Does not wait for a flush that is under way. */
  synchronized void end() {
    waiting.clear();
    thread.shutdown();
  }

  /** An answer that the guest does not have yet. */
  @Nullable Done next() {
    Throwable cause = defect;
    if (cause != null) {
      throw new IllegalStateException("a flush ended by a defect", cause);
    }
    return done.poll();
  }

  private void work() {
    try {
      Map<Attachment, Byte> outcomes = new HashMap<>();
      for (Waiting each : take()) {
        byte status = outcomes.computeIfAbsent(each.disk(), Flushes::flush);
        done.add(new Done(each.request(), status));
      }
    } catch (RuntimeException | Error cause) {
      defect = cause;
    }
    news.run();
  }

  private synchronized List<Waiting> take() {
    List<Waiting> round = waiting;
    waiting = new ArrayList<>();
    return round;
  }

  /**
   * One that finds no room is not tried again: the host may have dropped what it could not write
   * (Linux does), and the next would call that stable.
   */
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
