package dev.beagle.node.cli;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What Ctrl-C does to a run, from before its pod is made (a micro-VM boots for seconds, and the
 * daemon makes it whether we are there or not) until it is over. Guarded by itself.
 *
 * @param <P> the pod
 */
final class RunInterruption<P> {
  /** Called in this order, as far as there is reason to, on the thread of the interruption. */
  interface Actions<P> {
    /** There is no pod yet, or nobody knows. */
    void waits();

    /** It came while the pod was being made: nothing of it is wanted. */
    void remove(P pod);

    /** It came while the container ran, or was about to. */
    void stop(P pod);

    /**
     * Ends the process, or lets it end.
     *
     * @param running whether the container ran
     */
    void end(boolean running);
  }

  private final Actions<P> actions;
  private final CompletableFuture<Optional<P>> settled = new CompletableFuture<>();
  private final Thread thread = Thread.ofPlatform().name("interrupted").unstarted(this::interrupt);
  private boolean interrupted;

  RunInterruption(Actions<P> actions) {
    this.actions = actions;
  }

  /** From now on the actions are what a signal does. */
  void arm() {
    Runtime.getRuntime().addShutdownHook(thread);
  }

  void interrupt() {
    boolean early;
    synchronized (this) {
      interrupted = true;
      early = !settled.isDone();
    }
    if (early) {
      actions.waits();
    }
    Optional<P> pod = settled.join();
    Consumer<P> action = early ? actions::remove : actions::stop;
    pod.ifPresent(action);
    actions.end(!early);
  }

  /** The pod is made; does not return where it is removed already. */
  void made(P pod) throws InterruptedException {
    if (settle(Optional.of(pod))) {
      thread.join();
    }
  }

  /** However the run ended: what is armed runs at any end of the process. Idempotent. */
  void over() throws InterruptedException {
    settle(Optional.empty());
    disarm();
  }

  /** Whether the interruption came first; the first call counts. */
  synchronized boolean settle(Optional<P> pod) {
    settled.complete(pod);
    return interrupted;
  }

  /** The run is over by itself; where Ctrl-C came first, its thread decides how. */
  void disarm() throws InterruptedException {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException endingAlready) {
      thread.join();
    }
  }
}
