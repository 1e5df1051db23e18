package dev.beagle.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.node.LauncherTree.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./beagle} in a tree of its own, with a JDK and a Maven that are scripts. */
class LauncherIT {
  private static final String MAVEN =
      """
      #!/bin/bash
      echo built >> "$(dirname "$0")/../builds"
      sleep 0.2
      if [ -e "$(dirname "$0")/../broken" ]; then
        echo "[ERROR] /tree/base/src/main/java/A.java:[1,1] ';' expected"
        exit 1
      fi
      mkdir -p node-agent/target/lib
      cat base/src/main/source > node-agent/target/node-agent-0.1.0.jar
      echo library > node-agent/target/lib/library.jar
      """;

  private static final String JAVA =
      """
      #!/bin/bash
      for argument; do
        case $argument in -XX:AOTCacheOutput=*) echo "${argument#*=}" > "${argument#*=}"; exit 0 ;; esac
      done
      echo "java $*"
      """;

  @TempDir Path temporary;
  private LauncherTree scripts;
  private Path tree;

  @BeforeEach
  void makeTree() throws IOException {
    scripts = new LauncherTree(temporary, JAVA);
    tree = scripts.root;
    LauncherTree.write(tree.resolve("pom.xml"), "<project/>");
    LauncherTree.write(tree.resolve(".mvn/jvm.config"), "");
    LauncherTree.write(tree.resolve("base/pom.xml"), "<project/>");
    LauncherTree.write(tree.resolve("base/src/main/source"), "one");
    scripts.tool("mvn", MAVEN);
    for (String tool : List.of("gcc", "make", "musl-gcc", "aarch64-linux-gnu-gcc")) {
      scripts.tool(tool, "#!/bin/bash\n");
    }
  }

  private Outcome beagle(String... arguments) throws IOException, InterruptedException {
    return LauncherTree.outcome(scripts.start(tree.resolve("beagle"), arguments));
  }

  private long builds() throws IOException {
    Path counter = temporary.resolve("builds");
    return Files.exists(counter) ? Files.readAllLines(counter).size() : 0;
  }

  @Test
  void theFirstUseBuildsAndTheSecondDoesNot() throws IOException, InterruptedException {
    Outcome first = beagle("ps", "a b");

    assertThat(first.status()).as(first.output()).isZero();
    assertThat(first.output()).contains("beagle: building (first use", "done in");
    assertThat(first.output())
        .contains("/lib/node-agent-0.1.0.jar dev.beagle.node.Main ps a b")
        .contains("/node.aot");

    Outcome second = beagle("daemon");

    assertThat(builds()).isEqualTo(1);
    assertThat(second.output()).doesNotContain("building").doesNotContain("TieredStopAtLevel");
  }

  @Test
  void aChangedSourceIsBuilt() throws IOException, InterruptedException {
    beagle("ps");
    Files.writeString(tree.resolve("base/src/main/source"), "two");
    future(tree.resolve("base/src/main/source"));
    Outcome changed = beagle("ps");

    assertThat(changed.output()).contains("sources changed, building");
    assertThat(builds()).isEqualTo(2);
  }

  /** File times are coarse; what is written right after a build must still count as later. */
  private static void future(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
  }

  @Test
  void aFailedBuildShowsWhy() throws IOException, InterruptedException {
    Files.createFile(temporary.resolve("broken"));
    Outcome outcome = beagle("ps");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output())
        .contains("A.java:[1,1] ';' expected", "the build failed after", ".build/build.log");
    assertThat(outcome.output()).doesNotContain("java ps");
  }

  @Test
  void severalAtOnceBuildOnce() throws IOException, InterruptedException {
    List<Process> all = new ArrayList<>();
    for (int count = 0; count < 4; count++) {
      all.add(scripts.start(scripts.launcher(), "ps"));
    }
    for (Process process : all) {
      assertThat(LauncherTree.outcome(process).status()).isZero();
    }
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aMovedTreeTrainsItsCachesAnewAndNamesNothingOfItsOldPlace()
      throws IOException, InterruptedException {
    beagle("ps");
    Path old = tree;
    tree = Files.move(old, temporary.resolve("moved"));
    Outcome first = beagle("ps");
    Outcome second = beagle("ps");

    assertThat(first.output()).contains("training its AOT caches anew");
    assertThat(second.output())
        .doesNotContain("training", old.toString())
        .contains("-XX:AOTCache=" + tree, "-cp " + tree);
    assertThat(builds()).isEqualTo(1);
    try (Stream<Path> files = Files.walk(tree.resolve(".build/dist"))) {
      List<Path> caches = files.filter(file -> file.toString().endsWith(".aot")).toList();
      assertThat(caches)
          .hasSize(2)
          .allSatisfy(cache -> assertThat(cache).hasContent(cache.toString()));
    }
  }

  @Test
  void aLinkInAFolderOfThePathWorks() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(temporary.resolve("beagle-link"), scripts.launcher());

    assertThat(LauncherTree.outcome(scripts.start(link, "ps")).output())
        .contains("dev.beagle.node.Main ps");
  }

  @Test
  void anotherJdkIsRefusedByName() throws IOException, InterruptedException {
    Files.writeString(scripts.jdk.resolve("release"), "JAVA_VERSION=\"21.0.1\"\n");
    Outcome outcome = beagle("ps");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output()).contains("BEAGLE_JAVA_HOME=" + scripts.jdk + " is not a JDK 25");
    assertThat(builds()).isZero();
  }
}
