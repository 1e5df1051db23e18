package dev.beagle.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A test that does not run says why: who reads the report must know what was not tried. */
final class SkipReasonsTest {
  /** Calls that skip, and the number of arguments with which they give a reason. */
  private static final Map<String, Integer> CALLS =
      Map.of("assumeTrue", 2, "assumeFalse", 2, "assumingThat", Integer.MAX_VALUE, "abort", 1);

  /** JUnit's conditions, such as EnabledOnOs and DisabledIfSystemProperty. */
  private static final Pattern CONDITION = Pattern.compile("(En|Dis)abled(On|If|For|In).*");

  @Test
  void everySkippedTestGivesItsReason() throws IOException {
    assertThat(skipsWithoutReason(SourceTree.tests())).isEmpty();
  }

  @Test
  void aSkipWithoutAReasonIsFound() throws IOException {
    String source =
        """
        class SomeIT {
          @org.junit.jupiter.api.Disabled void first() {}
          @Disabled("no network here") void second() {}
          @EnabledOnOs(OS.LINUX) void third() {}
          @EnabledOnOs(value = OS.LINUX, disabledReason = "mounts") void fourth() {}
          void fifth() { Assumptions.assumeTrue(isRoot()); }
          void sixth() { assumeTrue(isRoot(), "needs root"); }
        }
        """;
    URI name = URI.create("string:///SomeIT.java");
    JavaFileObject file =
        new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    try (StandardJavaFileManager files = compiler().getStandardFileManager(null, null, null)) {
      assertThat(scan(files, List.of(file)))
          .containsExactly(
              "/SomeIT.java:2 @Disabled",
              "/SomeIT.java:4 @EnabledOnOs",
              "/SomeIT.java:6 assumeTrue");
    }
  }

  private static List<String> skipsWithoutReason(List<Path> sources) throws IOException {
    try (StandardJavaFileManager files = compiler().getStandardFileManager(null, null, null)) {
      return scan(files, files.getJavaFileObjectsFromPaths(sources));
    }
  }

  private static JavaCompiler compiler() {
    return ToolProvider.getSystemJavaCompiler();
  }

  private static List<String> scan(
      StandardJavaFileManager files, Iterable<? extends JavaFileObject> sources)
      throws IOException {
    JavacTask task =
        (JavacTask) compiler().getTask(null, files, null, List.of("-proc:none"), null, sources);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    List<String> found = new ArrayList<>();
    for (CompilationUnitTree unit : task.parse()) {
      new Skips(positions, unit, found).scan(unit, null);
    }
    return found;
  }

  /** Collects what skips in silence in one file. */
  private static final class Skips extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final SourcePositions positions;
    private final CompilationUnitTree unit;
    private final List<String> found;

    Skips(SourcePositions positions, CompilationUnitTree unit, List<String> found) {
      this.positions = positions;
      this.unit = unit;
      this.found = found;
    }

    @Override
    public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void nothing) {
      String name = lastName(call.getMethodSelect());
      Integer arguments = CALLS.get(name);
      if (arguments != null && call.getArguments().size() < arguments) {
        report(call, name);
      }
      return super.visitMethodInvocation(call, null);
    }

    @Override
    public @Nullable Void visitAnnotation(AnnotationTree annotation, @Nullable Void nothing) {
      String name = lastName(annotation.getAnnotationType());
      boolean silent =
          name.equals("Disabled")
              ? annotation.getArguments().isEmpty()
              : CONDITION.matcher(name).matches()
                  && annotation.getArguments().stream()
                      .map(ExpressionTree::toString)
                      .noneMatch(argument -> argument.startsWith("disabledReason"));
      if (silent) {
        report(annotation, "@" + name);
      }
      return super.visitAnnotation(annotation, null);
    }

    private static String lastName(Tree tree) {
      return switch (tree) {
        case MemberSelectTree select -> select.getIdentifier().toString();
        case IdentifierTree identifier -> identifier.getName().toString();
        default -> "";
      };
    }

    private void report(Tree tree, String what) {
      long position = positions.getStartPosition(unit, tree);
      found.add(
          unit.getSourceFile().toUri().getPath()
              + ":"
              + unit.getLineMap().getLineNumber(position)
              + " "
              + what);
    }
  }
}
