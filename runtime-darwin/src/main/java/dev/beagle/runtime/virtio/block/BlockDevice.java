package dev.beagle.runtime.virtio.block;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.virtio.ActiveQueues;
import dev.beagle.runtime.virtio.ConfigSpace;
import dev.beagle.runtime.virtio.DescriptorChain;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.VirtioTraits;
import dev.beagle.time.Time;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A disk of a guest (virtio 1.2, section 5.2), or an empty place for one: {@link #attach} and
 * {@link #detach} come from any thread, while the guest runs or not, and change the capacity that
 * the guest sees. The disks stay the owner's to close, once they are detached or after the machine.
 *
 * <p>Reads and writes are done on the device's worker, one after the other: the host's page cache
 * answers 4 KiB in 1 µs, and to hand them to another thread and back takes 6 to 8 µs (measured on
 * Linux). Flushes, which wait for the medium, are done beside it by {@link Flushes}; writes that
 * the host has no room for wait in {@link Stalled}.
 */
public final class BlockDevice implements VirtioDevice {
  private static final int ID = 2;
  private static final int QUEUE = 0;
  private static final long WRITING = BlockConfig.DISCARD | BlockConfig.WRITE_ZEROES;

  /** One driver's time with the device. Belongs to the worker, but for its end. */
  private record Activation(
      ActiveQueues queues, Flushes flushes, Stalled stalled, BlockCommands commands) {}

  private final byte[] serial;
  private final DiskOwner owner;
  private final Time time;
  private final VirtioTraits traits;
  private final ConfigSpace config;
  private volatile @Nullable Attachment attachment;
  private @Nullable Activation activation;

  private BlockDevice(
      String serial, boolean readOnly, @Nullable Disk disk, DiskOwner owner, Time time) {
    this.serial = serial.getBytes(StandardCharsets.US_ASCII);
    this.owner = owner;
    this.time = time;
    if (this.serial.length == 0 || this.serial.length > BlockCommands.SERIAL_BYTES) {
      throw new IllegalArgumentException("the name of a disk has 1 to 20 bytes: " + serial);
    }
    long features =
        BlockConfig.SEG_MAX | BlockConfig.BLK_SIZE | BlockConfig.TOPOLOGY | BlockConfig.FLUSH;
    traits =
        new VirtioTraits(
            "disk-" + serial,
            ID,
            features | (readOnly ? BlockConfig.RO : WRITING),
            List.of(BlockConfig.QUEUE_SIZE));
    config = new ConfigSpace(BlockConfig.registers(disk == null ? 0 : disk.sizeBytes()));
    attachment = disk == null ? null : new Attachment(serial, disk, owner);
  }

  /**
   * A device with its disk.
   *
   * @param serial what the guest knows it by: 1 to 20 ASCII characters
   */
  public static BlockDevice of(String serial, Disk disk, DiskOwner owner, Time time) {
    return new BlockDevice(serial, disk.readOnly(), disk, owner, time);
  }

  /** An empty place, of no capacity; otherwise as the other. */
  public static BlockDevice spare(String serial, DiskOwner owner, Time time) {
    return new BlockDevice(serial, false, null, owner, time);
  }

  /**
   * Gives the guest a disk. Writes to one that is read-only are answered with I/O errors: what the
   * device can do was told when the machine began.
   *
   * @throws Failure WRONG_STATE when there is one
   */
  public synchronized void attach(Disk disk) {
    if (attachment != null) {
      throw Failure.wrongState("%s has a disk already".formatted(traits.name()));
    }
    attachment = new Attachment(name(), disk, owner);
    config.update(BlockConfig.CAPACITY, BlockConfig.capacity(disk.sizeBytes()));
  }

  /**
   * Takes the disk away, if there is one. What the guest still sends gets I/O errors, and a request
   * that is under way may end in one: the guest has to be done with it before.
   */
  public synchronized void detach() {
    Attachment current = attachment;
    if (current != null) {
      current.detached();
      attachment = null;
      config.update(BlockConfig.CAPACITY, BlockConfig.capacity(0));
    }
  }

  private String name() {
    return new String(serial, StandardCharsets.US_ASCII);
  }

  @Override
  public VirtioTraits traits() {
    return traits;
  }

  @Override
  public ConfigSpace config() {
    return config;
  }

  @Override
  public void activate(ActiveQueues queues) {
    Flushes flushes = new Flushes("flush-" + name(), () -> queues.wake(QUEUE));
    Stalled stalled = new Stalled("stalled-" + name(), () -> queues.wake(QUEUE), time);
    activation = new Activation(queues, flushes, stalled, new BlockCommands(serial, queues));
  }

  @Override
  public void process(int queue) {
    Activation active = activation;
    if (active == null) {
      return;
    }
    ActiveQueues queues = active.queues();
    do {
      // In between too: a guest that keeps the queue full waits for these as well.
      finishFlushes(active);
      retryStalled(active);
      Optional<DescriptorChain> chain = queues.poll(QUEUE);
      while (chain.isPresent() && !queues.ending()) {
        answer(active, chain.get());
        finishFlushes(active);
        retryStalled(active);
        chain = queues.poll(QUEUE);
      }
    } while (!queues.ending() && queues.awaitKick(QUEUE));
  }

  private void answer(Activation active, DescriptorChain chain) {
    BlockRequest request = BlockRequest.of(chain).orElse(null);
    Attachment disk = attachment;
    if (request == null) {
      giveBack(active.queues(), chain, 0);
    } else if (request.type() == BlockRequest.GET_ID) {
      // Without a disk too: so a guest knows its empty places apart.
      giveBack(active.queues(), chain, request.finish(active.commands().identify(request)));
    } else if (disk == null) {
      giveBack(active.queues(), chain, request.finish(BlockRequest.IOERR));
    } else if (request.type() == BlockRequest.FLUSH
        && active.queues().accepted(BlockConfig.FLUSH)) {
      active.flushes().begin(request, disk);
    } else {
      carryOut(active, request, disk);
    }
  }

  private static void carryOut(Activation active, BlockRequest request, Attachment disk) {
    DescriptorChain chain = request.chain();
    List<SectorRange> changes = BlockCommands.changes(request);
    if (active.stalled().precede(changes)) {
      active.stalled().add(new Stalled.Write(chain, disk, changes));
      return;
    }
    try {
      byte status = active.commands().carryOut(request, disk);
      // Cut short by the end of the activation, whose driver waits for no answer.
      if (!active.queues().ending()) {
        giveBack(active.queues(), chain, request.finish(status));
      }
    } catch (Failure noRoom) {
      active.stalled().add(new Stalled.Write(chain, disk, changes));
      disk.stalled(noRoom);
    }
  }

  /** From their beginning: a write that was cut short is as if it had not begun. */
  private void retryStalled(Activation active) {
    Attachment disk = attachment;
    List<Stalled.Write> writes = active.stalled().due();
    for (Stalled.Write write : writes) {
      BlockRequest request = BlockRequest.of(write.chain()).orElseThrow();
      if (active.queues().ending()) {
        return;
      } else if (write.disk() == disk) {
        answer(active, write.chain());
      } else {
        giveBack(active.queues(), write.chain(), request.finish(BlockRequest.IOERR));
      }
    }
    boolean goesOn = !writes.isEmpty() && !active.queues().ending();
    if (goesOn && active.stalled().over() && disk != null) {
      disk.resumed();
    }
  }

  private static void finishFlushes(Activation active) {
    Flushes.Done done = active.flushes().next();
    while (done != null && !active.queues().ending()) {
      BlockRequest request = done.request();
      giveBack(active.queues(), request.chain(), request.finish(done.status()));
      done = active.flushes().next();
    }
  }

  private static void giveBack(ActiveQueues queues, DescriptorChain chain, long written) {
    queues.complete(QUEUE, chain, written);
    queues.tellDriver(QUEUE);
  }

  /** A flush may go on, but what it found out reaches nobody, and no memory of the guest. */
  @Override
  public void reset() {
    if (activation != null) {
      activation.flushes().end();
      activation.stalled().end();
    }
    Attachment disk = attachment;
    if (disk != null) {
      disk.abandoned();
    }
    activation = null;
  }
}
