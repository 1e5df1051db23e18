package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.DeviceBus;
import dev.beagle.runtime.hypervisor.Halt;
import dev.beagle.runtime.hypervisor.Vcpu;
import dev.beagle.runtime.memory.GuestViolation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The vCPUs of one machine on their threads. Each is bound, run and closed by its own. The first
 * that stops for good decides how the machine ends, and all others are cancelled.
 *
 * <p>{@link #add}, {@link #go} and {@link #join} belong to one thread; {@link #end} to any.
 */
final class VcpuCrew {
  private record Member(Thread thread, Vcpu vcpu) {}

  private final String machine;
  private final List<Member> members = new CopyOnWriteArrayList<>();
  private final CountDownLatch go = new CountDownLatch(1);
  private final CompletableFuture<Halt> end = new CompletableFuture<>();

  VcpuCrew(String machine) {
    this.machine = machine;
  }

  /**
   * Starts the next vCPU's thread, which binds and then waits for {@link #go}.
   *
   * @throws Failure what {@code binding} throws
   */
  void add(Supplier<Vcpu> binding, DeviceBus bus) {
    CompletableFuture<Vcpu> bound = new CompletableFuture<>();
    int index = members.size();
    Thread thread =
        Thread.ofPlatform()
            .name("vcpu-%s-%d".formatted(machine, index))
            .start(() -> serve(binding, bound, bus));
    try {
      members.add(new Member(thread, bound.join()));
    } catch (CompletionException refused) {
      if (refused.getCause() instanceof RuntimeException own) {
        throw own;
      }
      throw defect(refused.getCause());
    }
  }

  private void serve(Supplier<Vcpu> binding, CompletableFuture<Vcpu> bound, DeviceBus bus) {
    Vcpu vcpu;
    try {
      vcpu = binding.get();
    } catch (RuntimeException | Error refused) {
      bound.completeExceptionally(refused);
      return;
    }
    bound.complete(vcpu);
    try (vcpu) {
      go.await();
      if (!end.isDone()) {
        run(vcpu, bus);
      }
    } catch (InterruptedException interruption) {
      end.completeExceptionally(interruption);
    } catch (GuestViolation violation) {
      end(new Halt.Crashed(String.valueOf(violation.getMessage())));
    } catch (RuntimeException | Error defect) {
      end.completeExceptionally(defect);
    }
    cancelAll();
  }

  /** Cancels without an end are nobody's: the vCPU goes on. */
  private void run(Vcpu vcpu, DeviceBus bus) {
    while (!end.isDone()) {
      Halt halt = vcpu.run(bus);
      if (!(halt instanceof Halt.Cancelled)) {
        end(halt);
      }
    }
  }

  /** Lets all vCPUs run. */
  void go() {
    go.countDown();
  }

  /** Ends the machine so, unless it has ended already. */
  void end(Halt halt) {
    end.complete(halt);
    go.countDown();
    cancelAll();
  }

  private void cancelAll() {
    members.forEach(member -> member.vcpu().cancel());
  }

  /** The end, once all vCPUs are closed. */
  Halt await() throws InterruptedException {
    try {
      Halt halt = end.get();
      for (Member member : members) {
        member.thread().join();
      }
      return halt;
    } catch (ExecutionException failure) {
      throw defect(failure.getCause());
    }
  }

  private Failure defect(@Nullable Throwable cause) {
    if (cause instanceof Failure own) {
      return own;
    }
    if (cause == null) {
      return Failure.internal("machine %s ended by a defect".formatted(machine));
    }
    return Failure.internal(
        "machine %s ended by a defect: %s%s".formatted(machine, cause, origin(cause)), cause);
  }

  /** The reason is all that others see of it; the whole trace is in the process's own log. */
  private static String origin(Throwable cause) {
    StackTraceElement[] trace = cause.getStackTrace();
    return trace.length == 0 ? "" : " at " + trace[0];
  }

  /** Waits until all vCPUs are closed, however often this thread is interrupted meanwhile. */
  void join() {
    boolean interrupted = false;
    for (Member member : members) {
      while (member.thread().isAlive()) {
        try {
          member.thread().join();
        } catch (InterruptedException interruption) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
