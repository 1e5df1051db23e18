package dev.beagle.runtime.hypervisor;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A vCPU on a thread of its own, as it has to be. Tests hand it work and wait for the result. */
public final class VcpuThread implements AutoCloseable {
  /** A guest that hangs fails its test, on however slow a machine. */
  private static final long PATIENCE_SECONDS = 120;

  private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final Vcpu vcpu;

  public VcpuThread(VirtualMachine machine, int index) {
    Thread thread = Thread.ofPlatform().name("vcpu-test-" + index).daemon().start(this::serve);
    try {
      vcpu = call(() -> machine.bindVcpu(index));
    } catch (RuntimeException refused) {
      thread.interrupt();
      throw refused;
    }
  }

  @SuppressWarnings("InfiniteLoopStatement")
  private void serve() {
    try {
      while (true) {
        work.take().run();
      }
    } catch (InterruptedException end) {
      // close
    }
  }

  public Vcpu vcpu() {
    return vcpu;
  }

  /** On the vCPU's thread. */
  public <T> CompletableFuture<T> submit(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    work.add(() -> {
      try {
        result.complete(task.call());
      } catch (Throwable failure) {
        result.completeExceptionally(failure);
      }
    });
    return result;
  }

  public <T> T call(Callable<T> task) {
    return await(submit(task));
  }

  public CompletableFuture<Halt> start(DeviceBus bus) {
    return submit(() -> vcpu.run(bus));
  }

  public Halt run(DeviceBus bus) {
    return await(start(bus));
  }

  /** Throws what the task threw. */
  public static <T> T await(CompletableFuture<T> result) {
    try {
      return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof RuntimeException own) {
        throw own;
      }
      throw new AssertionError(failure.getCause());
    } catch (InterruptedException | TimeoutException failure) {
      throw new AssertionError("the vCPU did not come back", failure);
    }
  }

  @Override
  public void close() {
    vcpu.cancel();
    call(() -> {
      vcpu.close();
      Thread.currentThread().interrupt();
      return true;
    });
  }
}
