package dev.beagle.runtime.devicetree;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a flat device tree back, strictly; written from the specification, not from the writer. */
public final class ParsedTree {
  /**
   * A node with what it holds, in order.
   *
   * @param properties by name
   */
  public record Node(String name, Map<String, byte[]> properties, List<Node> children) {
    /** The only child of that name. */
    public Node child(String wanted) {
      List<Node> found = children.stream().filter(each -> each.name.equals(wanted)).toList();
      if (found.size() != 1) {
        throw new AssertionError(
            "%d children %s among %s"
                .formatted(found.size(), wanted, children.stream().map(Node::name).toList()));
      }
      return found.getFirst();
    }

    private byte[] property(String wanted) {
      byte[] value = properties.get(wanted);
      if (value == null) {
        throw new AssertionError(wanted + " is not among " + properties.keySet());
      }
      return value;
    }

    public List<String> strings(String wanted) {
      byte[] value = property(wanted);
      if (value.length == 0 || value[value.length - 1] != 0) {
        throw new AssertionError(wanted + " does not end with a zero");
      }
      return List.of(
          new String(value, 0, value.length - 1, StandardCharsets.UTF_8).split("\0", -1));
    }

    public List<Integer> cells(String wanted) {
      ByteBuffer value = ByteBuffer.wrap(property(wanted));
      List<Integer> cells = new ArrayList<>();
      while (value.hasRemaining()) {
        cells.add(value.getInt());
      }
      return cells;
    }

    public List<Long> wide(String wanted) {
      ByteBuffer value = ByteBuffer.wrap(property(wanted));
      List<Long> numbers = new ArrayList<>();
      while (value.hasRemaining()) {
        numbers.add(value.getLong());
      }
      return numbers;
    }
  }

  private final ByteBuffer structure;
  private final ByteBuffer names;

  private ParsedTree(byte[] blob) {
    ByteBuffer header = ByteBuffer.wrap(blob);
    require(header.getInt(0) == 0xd00dfeed, "magic");
    require(header.getInt(4) == blob.length, "total size");
    require(header.getInt(20) == 17 && header.getInt(24) == 16, "versions");
    require(header.getInt(8) % 4 == 0 && header.getInt(16) % 8 == 0, "alignment of the blocks");
    require(header.getLong(header.getInt(16) + 8) == 0, "end of the reservations");
    structure = header.slice(header.getInt(8), header.getInt(36));
    names = header.slice(header.getInt(12), header.getInt(32));
  }

  /** The root. */
  public static Node of(byte[] blob) {
    ParsedTree tree = new ParsedTree(blob);
    require(tree.structure.getInt() == 1, "the root begins");
    Node root = tree.node();
    require(tree.structure.getInt() == 9, "the end");
    require(!tree.structure.hasRemaining(), "nothing after the end");
    return root;
  }

  private Node node() {
    String name = text(structure);
    align();
    Node node = new Node(name, new LinkedHashMap<>(), new ArrayList<>());
    while (true) {
      switch (structure.getInt()) {
        case 1 -> node.children.add(node());
        case 2 -> {
          return node;
        }
        case 3 -> {
          require(node.children.isEmpty(), "properties before children");
          byte[] value = new byte[structure.getInt()];
          String key = text(names.duplicate().position(structure.getInt()));
          structure.get(value);
          align();
          require(node.properties.put(key, value) == null, key + " once");
        }
        default -> throw new AssertionError("a token at " + structure.position());
      }
    }
  }

  private static String text(ByteBuffer from) {
    StringBuilder text = new StringBuilder();
    for (byte each = from.get(); each != 0; each = from.get()) {
      text.append((char) each);
    }
    return text.toString();
  }

  private void align() {
    while (structure.position() % 4 != 0) {
      require(structure.get() == 0, "zeros between tokens");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
