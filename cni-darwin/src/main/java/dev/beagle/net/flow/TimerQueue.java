package dev.beagle.net.flow;

import java.util.PriorityQueue;

/**
 * Timers of one thread. Arming a timer later than it stands costs nothing: the queue learns of it
 * when the earlier moment comes. That is what TCP does with every acknowledgment.
 *
 * <p>Times are nanoseconds since the loop began, never negative. Confined to one thread.
 */
public final class TimerQueue {
  /** Not armed. */
  public static final long NEVER = Long.MAX_VALUE;

  private final PriorityQueue<Entry> queue = new PriorityQueue<>();

  /** A timer that runs the action once each time that it is armed and its moment comes. */
  public Timer timer(Runnable action) {
    return new Timer(action);
  }

  /** Runs what is due; actions may arm timers. */
  public void run(long now) {
    Entry head = queue.peek();
    while (head != null && head.at <= now) {
      queue.poll();
      Timer timer = head.timer;
      if (timer.queuedAt == head.at) {
        timer.queuedAt = NEVER;
        if (timer.deadline <= now) {
          timer.deadline = NEVER;
          timer.action.run();
        } else if (timer.deadline != NEVER) {
          timer.enqueue();
        }
      }
      head = queue.peek();
    }
  }

  /** When {@link #run} may next have something to do, or {@link #NEVER}. */
  public long next() {
    Entry head = queue.peek();
    return head == null ? NEVER : head.at;
  }

  private record Entry(long at, Timer timer) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      return Long.compare(at, other.at);
    }
  }

  /** One of the queue's timers. */
  public final class Timer {
    private final Runnable action;
    private long deadline = NEVER;
    private long queuedAt = NEVER;

    private Timer(Runnable action) {
      this.action = action;
    }

    /** Sets the moment, whatever was set before; {@link #NEVER} cancels. */
    public void arm(long at) {
      deadline = at;
      if (at < queuedAt) {
        enqueue();
      }
    }

    public void cancel() {
      deadline = NEVER;
    }

    private void enqueue() {
      queuedAt = deadline;
      queue.add(new Entry(deadline, this));
    }
  }
}
