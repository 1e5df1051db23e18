package dev.beagle.runtime.devicetree;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes a device tree as the flat blob that a kernel is handed: header, memory reservations
 * (none), structure, names; all numbers big-endian. Nodes are written as they are told, each
 * property of a node before its children. For one thread.
 */
public final class DeviceTree {
  private static final int MAGIC = 0xd00dfeed;
  private static final int VERSION = 17;
  private static final int LAST_COMPATIBLE_VERSION = 16;
  private static final int HEADER_BYTES = 40;

  /** One empty entry ends the list of reservations. */
  private static final int RESERVATION_BYTES = 16;

  private static final int BEGIN_NODE = 1;
  private static final int END_NODE = 2;
  private static final int PROPERTY = 3;
  private static final int END = 9;

  private final Bytes structure = new Bytes();
  private final Bytes names = new Bytes();
  private final Map<String, Integer> nameOffsets = new LinkedHashMap<>();

  /** Whether the open nodes have children already. */
  private final Deque<Boolean> parents = new ArrayDeque<>();

  private DeviceTree() {}

  /** A whole tree: what the root holds is written by {@code body}. */
  public static byte[] write(Consumer<DeviceTree> body) {
    DeviceTree tree = new DeviceTree();
    tree.node("", body);
    tree.structure.putInt(END);
    return tree.blob();
  }

  /**
   * A child of the node that is being written.
   *
   * @param name with the unit address, where the node has a {@code reg}: "pl011@b000000"
   */
  public DeviceTree node(String name, Consumer<DeviceTree> body) {
    if (!parents.isEmpty()) {
      parents.pop();
      parents.push(true);
    }
    parents.push(false);
    structure.putInt(BEGIN_NODE);
    structure.putText(name);
    structure.align();
    body.accept(this);
    structure.putInt(END_NODE);
    parents.pop();
    return this;
  }

  /** A property without a value: it is there. */
  public DeviceTree flag(String name) {
    return property(name, new byte[0]);
  }

  /** Zero-terminated strings, one after the other. */
  public DeviceTree strings(String name, String... values) {
    Bytes value = new Bytes();
    for (String each : values) {
      value.putText(each);
    }
    return property(name, value.copy());
  }

  /** Cells of 32 bits. */
  public DeviceTree cells(String name, int... values) {
    Bytes value = new Bytes();
    for (int each : values) {
      value.putInt(each);
    }
    return property(name, value.copy());
  }

  /** Numbers of two cells each, as addresses and sizes are below {@code #address-cells = <2>}. */
  public DeviceTree wide(String name, long... values) {
    Bytes value = new Bytes();
    for (long each : values) {
      value.putInt((int) (each >>> Integer.SIZE));
      value.putInt((int) each);
    }
    return property(name, value.copy());
  }

  /** Any value. */
  public DeviceTree property(String name, byte[] value) {
    if (!Boolean.FALSE.equals(parents.peek())) {
      throw new IllegalStateException("the property %s comes after a child".formatted(name));
    }
    structure.putInt(PROPERTY);
    structure.putInt(value.length);
    structure.putInt(nameOffset(name));
    structure.put(value);
    structure.align();
    return this;
  }

  private int nameOffset(String name) {
    Integer known = nameOffsets.get(name);
    if (known != null) {
      return known;
    }
    int offset = names.size();
    names.putText(name);
    nameOffsets.put(name, offset);
    return offset;
  }

  private byte[] blob() {
    int structureOffset = HEADER_BYTES + RESERVATION_BYTES;
    int namesOffset = structureOffset + structure.size();
    int total = namesOffset + names.size();
    return ByteBuffer.allocate(total)
        .putInt(MAGIC)
        .putInt(total)
        .putInt(structureOffset)
        .putInt(namesOffset)
        .putInt(HEADER_BYTES)
        .putInt(VERSION)
        .putInt(LAST_COMPATIBLE_VERSION)
        .putInt(0) // the CPU that boots
        .putInt(names.size())
        .putInt(structure.size())
        .putLong(0)
        .putLong(0)
        .put(structure.copy())
        .put(names.copy())
        .array();
  }

  /** Bytes in a row, as many as are put. */
  private static final class Bytes {
    private ByteBuffer buffer = ByteBuffer.allocate(256);

    int size() {
      return buffer.position();
    }

    void putInt(int value) {
      room(Integer.BYTES).putInt(value);
    }

    void put(byte[] value) {
      room(value.length).put(value);
    }

    void putText(String text) {
      put(text.getBytes(StandardCharsets.UTF_8));
      room(1).put((byte) 0);
    }

    void align() {
      while (size() % Integer.BYTES != 0) {
        room(1).put((byte) 0);
      }
    }

    byte[] copy() {
      return java.util.Arrays.copyOf(buffer.array(), size());
    }

    private ByteBuffer room(int bytes) {
      if (buffer.remaining() < bytes) {
        ByteBuffer larger = ByteBuffer.allocate(2 * buffer.capacity() + bytes);
        buffer = larger.put(buffer.flip());
      }
      return buffer;
    }
  }
}
