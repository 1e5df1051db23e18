package dev.beagle.guestimage.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileTreeTest {
  private final FileTree tree = new FileTree();

  private static FileNode.Regular file(String text) {
    return new FileNode.Regular(0644, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String content(String path) {
    return tree.file(path)
        .map(file -> StandardCharsets.UTF_8.decode(file.content()).toString())
        .orElse("nothing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "/etc", "a//b", "a/", "a/./b", "..", "a/../b", "../a", "a\nb", "a\0b"})
  void pathsThatLeadElsewhereAreRefused(String path) {
    assertThatThrownBy(() -> tree.add(path, file("x"))).isInstanceOf(Failure.class);
    assertThat(tree.nodes()).isEmpty();
  }

  @Test
  void directoriesAboveAreMadeAndStandBeforeWhatIsInThem() {
    tree.add("a/b-c", file("x")).add("a/b/c", file("y"));
    assertThat(tree.nodes().keySet()).containsExactly("a", "a/b", "a/b-c", "a/b/c");
    assertThat(tree.find("a")).contains(new FileNode.Directory(0755));
  }

  @Test
  void aDirectoryMayBeSaidAgainAndNothingElse() {
    tree.add("a/b", file("x")).add("a", new FileNode.Directory(0700));
    assertThat(tree.find("a")).contains(new FileNode.Directory(0700));
    assertThatThrownBy(() -> tree.add("a/b", file("y"))).hasMessage("a/b is there twice");
    assertThatThrownBy(() -> tree.add("a", file("y"))).hasMessage("a is there twice");
  }

  @Test
  void nothingLiesBelowAFileOrALink() {
    tree.add("f", file("x")).add("l", new FileNode.Symlink("/etc"));
    assertThatThrownBy(() -> tree.add("f/a", file("y"))).hasMessageContaining("no directory");
    assertThatThrownBy(() -> tree.add("l/a", file("y"))).hasMessageContaining("no directory");
  }

  @Test
  void linksLeadWithinTheTree() {
    tree.add("usr/lib/x/libc.so.6", file("c"))
        .add("usr/lib/x/libc.so", new FileNode.Symlink("libc.so.6"))
        .add("usr/lib/ld.so", new FileNode.Symlink("./x/../x/libc.so"))
        .add("usr/bin/absolute", new FileNode.Symlink("/usr/lib/ld.so"));
    assertThat(content("usr/bin/absolute")).isEqualTo("c");
  }

  @Test
  void linksThatLeadNowhereHaveNoFile() {
    tree.add("out", new FileNode.Symlink("../../etc/passwd"))
        .add("missing", new FileNode.Symlink("x"))
        .add("loop", new FileNode.Symlink("loop"))
        .add("d/x", file("x"))
        .add("directory", new FileNode.Symlink("d"));
    for (String each : new String[] {"out", "missing", "loop", "directory", "d", "none"}) {
      assertThat(content(each)).as(each).isEqualTo("nothing");
    }
  }

  @Test
  void namesAreThoseDirectlyInADirectory() {
    tree.add("a/b/c", file("x")).add("a/d", file("y")).add("ab", file("z"));
    assertThat(tree.names("a")).containsExactly("b", "d");
    assertThat(tree.names("none")).isEmpty();
  }

  @Test
  void contentIsReadFromTheBeginningEachTime() {
    tree.add("f", file("abc"));
    assertThat(content("f")).isEqualTo("abc");
    assertThat(content("f")).isEqualTo("abc");
  }
}
