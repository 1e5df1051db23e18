package dev.beagle.runtime.hypervisor;

import dev.beagle.failure.Failure;
import java.util.concurrent.atomic.AtomicBoolean;

/** A vCPU: its thread rule, its cancels, its waits. The instructions are {@link SimulatedCpu}'s. */
final class SimulatedVcpu implements Vcpu {
  private final SimulatedMachine machine;
  private final int index;
  private final Thread owner = Thread.currentThread();
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final SimulatedCpu cpu;
  private boolean closed;

  SimulatedVcpu(SimulatedMachine machine, int index) {
    this.machine = machine;
    this.index = index;
    cpu = new SimulatedCpu(machine, index);
  }

  @Override
  public void write(Register register, long value) {
    requireOwner();
    Register.Arm64 own =
        switch (register) {
          case Register.Arm64 arm64 -> arm64;
          case Register.X86 other ->
              throw Failure.invalidArgument("register %s of an arm64 vCPU".formatted(other));
        };
    switch (own) {
      case X0 -> cpu.set(0, value);
      case X1 -> cpu.set(1, value);
      case X2 -> cpu.set(2, value);
      case X3 -> cpu.set(3, value);
      case PC -> cpu.jump(value);
    }
  }

  @Override
  public Halt run(DeviceBus bus) {
    requireOwner();
    try {
      while (!cancelled.compareAndSet(true, false)) {
        if (!machine.isOn(index)) {
          machine.awaitUntil(() -> machine.isOn(index) || cancelled.get());
          continue;
        }
        SimulatedMachine.Entry entry = machine.takeEntry(index);
        if (entry != null) {
          cpu.enter(entry.address(), entry.context());
        }
        switch (cpu.step(bus)) {
          case SimulatedCpu.Step.Next() -> {}
          case SimulatedCpu.Step.Sleep() ->
              machine.awaitUntil(() -> machine.gic().isPending(index) || cancelled.get());
          case SimulatedCpu.Step.End(Halt halt) -> {
            return halt;
          }
        }
      }
      return new Halt.Cancelled();
    } catch (SimulatedCpu.Refusal refusal) {
      return new Halt.Crashed(
          "vCPU %d %s (at 0x%x)".formatted(index, refusal.getMessage(), cpu.counter()));
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("vCPU " + index + " was interrupted");
    }
  }

  @Override
  public void cancel() {
    cancelled.set(true);
    machine.wake();
  }

  @Override
  public void close() {
    requireOwner();
    if (!closed) {
      closed = true;
      machine.released();
    }
  }

  private void requireOwner() {
    if (!Thread.currentThread().equals(owner)) {
      throw Failure.wrongState("vCPU %d belongs to the thread %s".formatted(index, owner));
    }
  }
}
