package dev.beagle.runtime.virtio.mmio;

import dev.beagle.runtime.hypervisor.InterruptLine;
import dev.beagle.runtime.machine.DeviceSlot;
import dev.beagle.runtime.memory.GuestMemory;
import dev.beagle.runtime.memory.GuestViolation;
import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.Virtqueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One device's registers and the state machine of its status (virtio 1.2, sections 2.1, 3.1 and
 * 4.2). Called by the vCPUs' threads; one lock guards everything but interrupts and configuration,
 * which a worker uses too and which have locks of their own. A reset holds the lock until the
 * worker has ended, for Linux frees the rings as soon as its store to Status is done.
 *
 * <p>A guest's mistake costs it the device: DEVICE_NEEDS_RESET, and a configuration interrupt. A
 * defect of ours on the worker is thrown to the next vCPU that comes by, and so ends the machine.
 */
final class VirtioMmioTransport implements DeviceSlot.Device {
  static final int ACKNOWLEDGE = 1;
  static final int DRIVER = 2;
  static final int DRIVER_OK = 4;
  static final int FEATURES_OK = 8;
  static final int NEEDS_RESET = 0x40;
  static final int FAILED = 0x80;
  static final long VERSION_1 = 1L << 32;

  private static final int MAGIC = 0x74726976;
  private static final int CONFIG = 0x100;
  private static final int STATUS = 0x70;
  private static final int VENDOR = 0x6c676562;

  private final VirtioDevice device;
  private final GuestMemory memory;
  private final DeviceInterrupts interrupts;
  private final List<QueueRegisters> queues = new ArrayList<>();
  private final long offered;
  private int status;
  private long accepted;
  private int offeredWord;
  private int acceptedWord;
  private int selectedQueue;
  private @Nullable DeviceWorker worker;
  private volatile boolean broken;
  private volatile @Nullable Throwable defect;

  VirtioMmioTransport(VirtioDevice device, GuestMemory memory, InterruptLine line) {
    this.device = device;
    this.memory = memory;
    interrupts = new DeviceInterrupts(line);
    offered =
        device.traits().features() | Virtqueue.INDIRECT_DESC | Virtqueue.EVENT_IDX | VERSION_1;
    device.config().onChange(() -> interrupts.raise(DeviceInterrupts.CONFIG));
    clear();
  }

  @Override
  public long read(long offset, int sizeBytes) {
    throwDefect();
    if (offset >= CONFIG) {
      return device.config().read(offset - CONFIG, sizeBytes);
    }
    if (sizeBytes != 4 || offset % 4 != 0) {
      return 0;
    }
    return register((int) offset) & 0xFFFF_FFFFL;
  }

  private synchronized int register(int offset) {
    return switch (offset) {
      case 0x00 -> MAGIC;
      case 0x04 -> 2;
      case 0x08 -> device.traits().id();
      case 0x0c -> VENDOR;
      case 0x10 -> word(offered, offeredWord);
      case 0x34 -> selected().map(queue -> queue.maxSize).orElse(0);
      case 0x44 -> selected().flatMap(QueueRegisters::ring).isPresent() ? 1 : 0;
      case 0x60 -> interrupts.status();
      case STATUS -> status | (broken ? NEEDS_RESET : 0);
      // No shared memory: all ones, for Linux takes a length of zero for an empty region.
      case 0xb0, 0xb4, 0xb8, 0xbc -> -1;
      case 0xfc -> device.config().generation();
      default -> 0;
    };
  }

  private static int word(long features, int word) {
    return word == 0 ? (int) features : word == 1 ? (int) (features >>> 32) : 0;
  }

  private Optional<QueueRegisters> selected() {
    return selectedQueue >= 0 && selectedQueue < queues.size()
        ? Optional.of(queues.get(selectedQueue))
        : Optional.empty();
  }

  @Override
  public void write(long offset, int sizeBytes, long value) {
    throwDefect();
    // No device has configuration that a driver writes yet.
    if (offset < CONFIG && sizeBytes == 4 && offset % 4 == 0) {
      setRegister((int) offset, (int) value);
    }
  }

  private synchronized void setRegister(int offset, int value) {
    switch (offset) {
      case 0x14 -> offeredWord = value;
      case 0x20 -> accept(value);
      case 0x24 -> acceptedWord = value;
      case 0x30 -> selectedQueue = value;
      case 0x44 -> setReady(value);
      case 0x50 -> kick(value);
      case 0x64 -> interrupts.acknowledge(value);
      case STATUS -> setStatus(value);
      default -> describeQueue(offset, value);
    }
  }

  private void accept(int value) {
    if ((status & FEATURES_OK) != 0 || (status & DRIVER) == 0) {
      return;
    }
    long bits = value & 0xFFFF_FFFFL;
    if (acceptedWord == 0) {
      accepted = (accepted & ~0xFFFF_FFFFL) | bits;
    } else if (acceptedWord == 1) {
      accepted = (accepted & 0xFFFF_FFFFL) | (bits << 32);
    }
  }

  private boolean settingUp() {
    return (status & (FEATURES_OK | DRIVER_OK | FAILED)) == FEATURES_OK;
  }

  private void describeQueue(int offset, int value) {
    Optional<QueueRegisters> queue = selected();
    if (!settingUp() || queue.isEmpty() || queue.get().ring().isPresent()) {
      return;
    }
    switch (offset) {
      case 0x38 -> queue.get().size(value);
      case 0x80, 0x84 -> queue.get().address((offset - 0x80) / 4, value);
      case 0x90, 0x94 -> queue.get().address(2 + (offset - 0x90) / 4, value);
      case 0xa0, 0xa4 -> queue.get().address(4 + (offset - 0xa0) / 4, value);
      default -> {}
    }
  }

  private void setReady(int value) {
    QueueRegisters queue = selected().orElse(null);
    if (queue == null) {
      return;
    }
    if (value == 0) {
      // Drivers take a queue back only before they reset: the whole device rests until then.
      stopWorker();
      queue.shut();
    } else if (value == 1 && settingUp() && queue.ring().isEmpty()) {
      try {
        queue.open(memory, accepted);
      } catch (GuestViolation e) {
        breakDown();
      }
    }
  }

  private void kick(int queue) {
    if (worker != null
        && queue >= 0
        && queue < queues.size()
        && queues.get(queue).ring().isPresent()) {
      worker.wake(queue);
    }
  }

  /** Takes one step of the sequence, or the reset; what else is written is not heard. */
  private void setStatus(int value) {
    if (value == 0) {
      reset();
      return;
    }
    int wanted = value & ~NEEDS_RESET;
    if ((status & ~wanted) != 0) {
      return;
    }
    int added = wanted & ~status;
    if (added == FAILED
        || (added == ACKNOWLEDGE && status == 0)
        || (added == DRIVER && status == ACKNOWLEDGE)
        || (added == FEATURES_OK && status == (ACKNOWLEDGE | DRIVER) && acceptable())) {
      status = wanted;
    } else if (added == DRIVER_OK && status == (ACKNOWLEDGE | DRIVER | FEATURES_OK)) {
      status = wanted;
      activate();
    }
  }

  private boolean acceptable() {
    return (accepted & ~offered) == 0 && (accepted & VERSION_1) != 0;
  }

  private void activate() {
    interrupts.enable();
    if (broken) {
      interrupts.raise(DeviceInterrupts.CONFIG);
      return;
    }
    DeviceWorker started = DeviceWorker.of(device.traits().name(), device::process, this::died);
    List<Optional<Virtqueue>> rings = queues.stream().map(QueueRegisters::ring).toList();
    device.activate(
        new ActiveQueues(accepted, rings, () -> interrupts.raise(DeviceInterrupts.USED), started));
    worker = started;
    // A kick may have come before there was anybody to hear it.
    for (int queue = 0; queue < rings.size(); queue++) {
      kick(queue);
    }
    started.start();
  }

  private void died(Throwable cause) {
    if (!(cause instanceof GuestViolation)) {
      defect = cause;
    }
    breakDown();
  }

  private void breakDown() {
    broken = true;
    interrupts.raise(DeviceInterrupts.CONFIG);
  }

  private void throwDefect() {
    Throwable cause = defect;
    if (cause != null) {
      throw new IllegalStateException(
          "the worker of device %s failed".formatted(device.traits().name()), cause);
    }
  }

  private void stopWorker() {
    if (worker != null) {
      worker.stop();
      worker = null;
    }
  }

  private void reset() {
    stopWorker();
    device.reset();
    clear();
  }

  private void clear() {
    interrupts.disable();
    queues.clear();
    device.traits().queueSizes().forEach(size -> queues.add(new QueueRegisters(size)));
    status = 0;
    accepted = 0;
    offeredWord = 0;
    acceptedWord = 0;
    selectedQueue = 0;
    broken = false;
  }

  /** Resets the device for good, with the end of its machine. */
  @Override
  public synchronized void close() {
    reset();
  }
}
