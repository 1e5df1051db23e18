package dev.beagle.lifecycle;

import dev.beagle.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs several tasks at once on virtual threads; the first failure cancels the rest. */
public final class Tasks {
  private Tasks() {}

  /**
   * Runs all tasks and waits for all of them.
   *
   * @return the results in the order of the tasks
   * @throws Failure the first failure, after every other task has ended; CANCELLED when the calling
   *     thread was interrupted
   */
  public static <T> List<T> all(List<? extends Callable<T>> tasks) {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<T> completion = new ExecutorCompletionService<>(executor);
      List<Future<T>> futures = new ArrayList<>(tasks.size());
      for (Callable<T> task : tasks) {
        futures.add(completion.submit(task));
      }
      try {
        for (int done = 0; done < futures.size(); done++) {
          completion.take().get();
        }
        List<T> results = new ArrayList<>(futures.size());
        for (Future<T> future : futures) {
          results.add(future.resultNow());
        }
        return results;
      } catch (ExecutionException error) {
        futures.forEach(future -> future.cancel(true));
        throw unwrap(error);
      } catch (InterruptedException interrupted) {
        futures.forEach(future -> future.cancel(true));
        Thread.currentThread().interrupt();
        throw Failure.cancelled("interrupted while waiting for tasks");
      }
    }
  }

  private static RuntimeException unwrap(ExecutionException failed) {
    return switch (failed.getCause()) {
      case RuntimeException unchecked -> unchecked;
      case Error error -> {
        throw error;
      }
      case null, default -> Failure.internal(String.valueOf(failed.getMessage()), failed);
    };
  }
}
