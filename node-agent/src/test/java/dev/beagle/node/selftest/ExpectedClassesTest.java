package dev.beagle.node.selftest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpectedClassesTest {
  @TempDir Path repository;

  private void compiled(String module, String name, int flags) throws IOException {
    Path file =
        repository
            .resolve(module)
            .resolve("target/test-classes")
            .resolve(name.replace('.', '/') + ".class");
    Files.createDirectories(file.getParent());
    Files.write(file, ClassFile.of().build(ClassDesc.of(name), type -> type.withFlags(flags)));
  }

  @BeforeEach
  void compile() throws IOException {
    compiled("one", "a.FirstTest", ClassFile.ACC_FINAL);
    compiled("one", "a.FirstTest$Inner", 0);
    compiled("one", "a.CommonTest", ClassFile.ACC_ABSTRACT);
    compiled("one", "a.Helper", 0);
    compiled("one", "a.RealIT", 0);
    compiled("e2e", "b.StoryIT", 0);
    compiled("e2e", "b.Soak", 0);
    compiled("e2e", "b.StoryHvfIT", 0);
    compiled("runtime-darwin", "c.GuestHvfIT", 0);
    compiled("runtime-darwin", "c.PodIT", 0);
    Files.createDirectories(repository.resolve("docs"));
  }

  @Test
  void thoseThatASuiteRunsAreExpected() {
    assertThat(ExpectedClasses.of(repository, Suite.ALL))
        .containsExactlyInAnyOrder("a.FirstTest", "a.RealIT", "b.StoryIT", "c.PodIT");
    assertThat(ExpectedClasses.of(repository, Suite.UNIT)).containsExactly("a.FirstTest");
    assertThat(ExpectedClasses.of(repository, Suite.COMPONENTS))
        .containsExactlyInAnyOrder("a.FirstTest", "a.RealIT", "c.PodIT");
    assertThat(ExpectedClasses.of(repository, Suite.E2E)).containsExactly("b.StoryIT");
    assertThat(ExpectedClasses.of(repository, Suite.SOAK)).containsExactly("b.Soak");
    assertThat(ExpectedClasses.of(repository, Suite.HVF))
        .containsExactlyInAnyOrder("b.StoryHvfIT", "c.GuestHvfIT");
  }
}
