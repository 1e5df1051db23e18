package dev.beagle.runtime.virtio.mmio;

import java.util.ArrayList;
import java.util.List;

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
    static Piece read(long address, int length) {
      return new Piece(address, length, false);
    }

    static Piece written(long address, int length) {
      return new Piece(address, length, true);
    }
  }

  private static final long TABLE = MmioDriver.RAM + 0xF_0000;
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
      put(TABLE, inTable, false);
      descriptor(ring, direct, TABLE, 16 * inTable.size(), INDIRECT);
    }
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
