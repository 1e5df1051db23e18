package dev.beagle.node.cri;

import io.grpc.Context;
import io.grpc.Contexts;
import java.util.concurrent.Callable;

/** What becomes of work whose client leaves, or whose client's deadline passes. */
final class Departure {
  private Departure() {}

  /**
   * Does work on the calling thread, which is interrupted when the client leaves. Other work goes
   * on to its end: what is made is found by the client's retry.
   *
   * @throws io.grpc.StatusRuntimeException DEADLINE_EXCEEDED or CANCELLED when that ended the work
   */
  static <T> T interrupts(Callable<T> work) {
    Context context = Context.current();
    Interruption interruption = new Interruption(Thread.currentThread());
    context.addListener(interruption, Runnable::run);
    try {
      return work.call();
    } catch (Exception error) {
      if (context.isCancelled()) {
        throw Contexts.statusFromCancelled(context).withCause(error).asRuntimeException();
      }
      if (error instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new IllegalStateException(error);
    } finally {
      context.removeListener(interruption);
      interruption.end();
    }
  }

  /** Interrupts a thread at most while it does this work. */
  private static final class Interruption implements Context.CancellationListener {
    private final Thread worker;
    private boolean ended;

    Interruption(Thread worker) {
      this.worker = worker;
    }

    @Override
    public synchronized void cancelled(Context context) {
      if (!ended) {
        worker.interrupt();
      }
    }

    /** Called by the worker; takes back an interrupt that came too late to be seen. */
    synchronized void end() {
      ended = true;
      Thread.interrupted();
    }
  }
}
