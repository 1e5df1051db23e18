package dev.beagle.runtime.virtio.mmio;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Lays requests of several descriptors into a driver's memory, honest or not. */
public final class Chains {
  /** How a chain is put down: in the queue's table, in one of its own, or begun there. */
  public enum Shape {
    DIRECT,
    INDIRECT,
    MIXED
  }

  /** A descriptor's stretch of memory. */
  public record Piece(long address, int length, boolean written) {
    public static Piece read(long address, int length) {
      return new Piece(address, length, false);
    }

    public static Piece written(long address, int length) {
      return new Piece(address, length, true);
    }
  }

  private static final long TABLES = MmioDriver.RAM + 0xF_0000;
  private static final long TABLE_BYTES = 0x2000;
  private static final int ANY_TABLE = 16;
  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;

  private final MmioDriver driver;

  public Chains(MmioDriver driver) {
    this.driver = driver;
  }

  /** Makes one available, without a kick; the next one takes its place in memory. */
  public void offer(int queue, Shape shape, List<Piece> pieces) {
    write(queue, shape, pieces);
    driver.offerHead(queue, 0);
  }

  void write(int queue, Shape shape, List<Piece> pieces) {
    int direct =
        switch (shape) {
          case DIRECT -> pieces.size();
          case INDIRECT -> 0;
          case MIXED -> 1;
        };
    long ring = MmioDriver.ring(queue);
    List<Piece> inTable = pieces.subList(direct, pieces.size());
    put(ring, pieces.subList(0, direct), !inTable.isEmpty());
    if (!inTable.isEmpty()) {
      put(table(queue), inTable, false);
      descriptor(ring, direct, table(queue), 16 * inTable.size(), INDIRECT);
    }
  }

  private static long table(int queue) {
    return TABLES + queue * TABLE_BYTES;
  }

  /** Writes descriptors of any kind, some of them good; where they lead to is not the rings. */
  void writeAny(int queue, Random random) {
    for (int i = 0; i < driver.ringSize(queue); i++) {
      any(MmioDriver.ring(queue), i, table(queue), random);
    }
    for (int i = 0; i < ANY_TABLE; i++) {
      any(table(queue), i, table(queue), random);
    }
  }

  private void any(long table, int index, long indirectTable, Random random) {
    boolean good = random.nextInt(8) > 0;
    boolean indirect = random.nextInt(8) == 0;
    long at = table + 16L * index;
    long address = MmioDriver.DATA + random.nextInt(4096);
    long length = random.nextInt(3) == 0 ? random.nextInt(2000) : random.nextInt(32);
    int flags = indirect ? INDIRECT : random.nextInt(4);
    if (indirect) {
      address = indirectTable;
      length = 16L * (1 + random.nextInt(ANY_TABLE));
    }
    if (!good) {
      address =
          random.nextBoolean() ? random.nextLong() : MmioDriver.RAM + MmioDriver.RAM_BYTES - 8;
      length = random.nextBoolean() ? random.nextInt() : length;
      flags = random.nextInt(1 << 16);
    }
    driver.memory.setLong(at, address);
    driver.memory.setInt(at + 8, (int) length);
    driver.memory.setShort(at + 12, flags);
    driver.memory.setShort(at + 14, good ? index + 1 : random.nextInt(1 << 16));
  }

  private void put(long table, List<Piece> pieces, boolean more) {
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      int next = more || i < pieces.size() - 1 ? NEXT : 0;
      descriptor(table, i, piece.address, piece.length, next | (piece.written ? WRITE : 0));
    }
  }

  private void descriptor(long table, int index, long address, int length, int flags) {
    long at = table + 16L * index;
    driver.memory.setLong(at, address);
    driver.memory.setInt(at + 8, length);
    driver.memory.setShort(at + 12, flags);
    driver.memory.setShort(at + 14, (flags & NEXT) == 0 ? 0xFFFF : index + 1);
  }

  /** Cuts a piece where it is told to; cuts at its ends make empty ones. */
  static List<Piece> cut(Piece piece, int... cuts) {
    List<Piece> parts = new ArrayList<>();
    int from = 0;
    for (int cut : cuts) {
      parts.add(new Piece(piece.address + from, cut - from, piece.written));
      from = cut;
    }
    parts.add(new Piece(piece.address + from, piece.length - from, piece.written));
    return parts;
  }
}
