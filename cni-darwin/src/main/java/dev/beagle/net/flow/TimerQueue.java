package dev.beagle.net.flow;

import java.util.Arrays;

/**
 * Timers of one thread. Arming a timer later than it stands costs nothing: the queue learns of it
 * when the earlier moment comes. That is what TCP does with every acknowledgment.
 *
 * <p>A timer has one place in the queue at most, and none once it is cancelled: what a pod can have
 * begun and ended in a minute is far more than what it can have open, and none of it may be kept
 * alive by a moment that is still to come. Times are nanoseconds since the loop began, never
 * negative. Confined to one thread.
 */
public final class TimerQueue {
  /** Not armed. */
  public static final long NEVER = Long.MAX_VALUE;

  private static final int NOWHERE = -1;

  /** A binary heap by {@link Timer#queuedAt}; each timer knows its place. */
  private @org.jspecify.annotations.Nullable Timer[] heap = new Timer[64];

  private int size;

  /** A timer that runs the action once each time that it is armed and its moment comes. */
  public Timer timer(Runnable action) {
    return new Timer(action);
  }

  /** Runs what is due; actions may arm timers. */
  public void run(long now) {
    while (size > 0 && at(0).queuedAt <= now) {
      Timer head = at(0);
      remove(head);
      if (head.deadline <= now) {
        head.deadline = NEVER;
        head.action.run();
      } else if (head.deadline != NEVER) {
        insert(head);
      }
    }
  }

  /** When {@link #run} may next have something to do, or {@link #NEVER}. */
  public long next() {
    return size == 0 ? NEVER : at(0).queuedAt;
  }

  /** How many timers wait. */
  public int size() {
    return size;
  }

  private Timer at(int place) {
    return java.util.Objects.requireNonNull(heap[place]);
  }

  private void insert(Timer timer) {
    timer.queuedAt = timer.deadline;
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    rise(timer, size++);
  }

  private void remove(Timer timer) {
    int place = timer.place;
    timer.place = NOWHERE;
    Timer last = at(--size);
    heap[size] = null;
    if (last != timer) {
      sink(last, place);
      if (last.place == place) {
        rise(last, place);
      }
    }
  }

  private void rise(Timer timer, int from) {
    int place = from;
    while (place > 0 && at((place - 1) / 2).queuedAt > timer.queuedAt) {
      put(at((place - 1) / 2), place);
      place = (place - 1) / 2;
    }
    put(timer, place);
  }

  private void sink(Timer timer, int from) {
    int place = from;
    while (true) {
      int child = 2 * place + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && at(child + 1).queuedAt < at(child).queuedAt) {
        child++;
      }
      if (at(child).queuedAt >= timer.queuedAt) {
        break;
      }
      put(at(child), place);
      place = child;
    }
    put(timer, place);
  }

  private void put(Timer timer, int place) {
    heap[place] = timer;
    timer.place = place;
  }

  /** One of the queue's timers. */
  public final class Timer {
    private final Runnable action;
    private long deadline = NEVER;
    private long queuedAt = NEVER;
    private int place = NOWHERE;

    private Timer(Runnable action) {
      this.action = action;
    }

    /**
     * Sets the moment, whatever was set before. {@link #NEVER} disarms it as cheaply, for one that
     * will be armed again soon; it may keep its place in the queue until then.
     */
    public void arm(long at) {
      deadline = at;
      if (place == NOWHERE) {
        if (at != NEVER) {
          insert(this);
        }
      } else if (at < queuedAt) {
        queuedAt = at;
        rise(this, place);
      }
    }

    /** Disarms it for good: the queue forgets it. */
    public void cancel() {
      deadline = NEVER;
      if (place != NOWHERE) {
        remove(this);
      }
    }
  }
}
