package dev.beagle.runtime.devicetree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class DeviceTreeTest {
  @Test
  void whatIsWrittenIsRead() {
    ParsedTree.Node root =
        ParsedTree.of(
            DeviceTree.write(tree ->
                tree.cells("#address-cells", 2)
                    .strings("compatible", "a", "bc")
                    .node(
                        "memory@40000000",
                        node ->
                            node.wide("reg", 0x40000000L, 0x1_0000_0000L)
                                .property("odd", new byte[] {1, 2, 3}))
                    .node("empty", node -> node.flag("always-on").cells("#address-cells", -1))));
    assertThat(root.name()).isEmpty();
    assertThat(root.cells("#address-cells")).containsExactly(2);
    assertThat(root.strings("compatible")).containsExactly("a", "bc");
    assertThat(root.child("memory@40000000").wide("reg"))
        .containsExactly(0x40000000L, 0x1_0000_0000L);
    assertThat(root.child("memory@40000000").properties().get("odd")).containsExactly(1, 2, 3);
    assertThat(root.child("empty").properties().get("always-on")).isEmpty();
    assertThat(root.child("empty").cells("#address-cells")).containsExactly(-1);
  }

  /** By the specification's own picture (5.4): one property in the root. */
  @Test
  void theBytesAreThoseOfTheFormat() {
    assertThat(DeviceTree.write(tree -> tree.cells("x", 0x01020304)))
        .hasSize(40 + 16 + 8 + 16 + 8 + 2)
        .startsWith(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 90, 0, 0, 0, 56, 0, 0, 0, 88)
        .endsWith(
            0, 0, 0, 1, 0, 0, 0, 0, // the root begins; its name is empty
            0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4, // the first name, four bytes
            0, 0, 0, 2, 0, 0, 0, 9, 'x', 0);
  }

  @Test
  void propertiesComeBeforeChildren() {
    assertThatThrownBy(() -> DeviceTree.write(tree -> tree.node("child", node -> {}).flag("late")))
        .hasMessage("the property late comes after a child");
  }

  @Test
  void largeValuesFit() {
    byte[] large = new byte[100_000];
    large[99_999] = 7;
    assertThat(
            ParsedTree.of(DeviceTree.write(tree -> tree.property("large", large)))
                .properties()
                .get("large"))
        .isEqualTo(large);
  }
}
