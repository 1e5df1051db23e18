package dev.beagle.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Package-private is the default: a public type is used by another package, or stands in a public
 * signature of a type that is.
 */
@AnalyzeClasses(packages = "dev.beagle", importOptions = MainClasses.class)
final class VisibilityTest {
  /** Public all the same, with the reason. */
  private static final Map<String, String> EXCEPTIONS =
      Map.of(
          "dev.beagle.node.Main", "the program: java starts it by its name",
          "dev.beagle.net.control.SwitchMain", "the switch's program",
          "dev.beagle.node.config.Version", "javac copies its constant into those who use it",
          "dev.beagle.runtime.hypervisor.kvm.KvmHypervisor", "proves the seam; no kind of pods yet",
          "dev.beagle.guestimage.GuestImageMain", "the program that makes guest images",
          "dev.beagle.runtime.launch.MachineMain", "the program of a machine");

  @ArchTest
  static void publicTypesAreUsedByOtherPackages(JavaClasses classes) {
    Set<JavaClass> needed = neededElsewhere(classes);
    Set<String> idle = new TreeSet<>();
    classes.stream()
        .filter(VisibilityTest::publicAndHandWritten)
        .filter(each -> !needed.contains(each))
        .forEach(each -> idle.add(each.getName()));

    assertThat(idle).as("public types that no other package needs").isEqualTo(EXCEPTIONS.keySet());
  }

  /** Top-level types that another package names, and those in their public signatures. */
  private static Set<JavaClass> neededElsewhere(JavaClasses classes) {
    Set<JavaClass> needed = new HashSet<>();
    Deque<JavaClass> open = new ArrayDeque<>();
    for (JavaClass each : classes) {
      if (each.getDirectDependenciesToSelf().stream().anyMatch(VisibilityTest::crossesPackages)) {
        open.add(topLevel(each));
      }
    }
    while (!open.isEmpty()) {
      JavaClass next = open.remove();
      if (needed.add(next)) {
        signatureTypes(next, classes).map(VisibilityTest::topLevel).forEach(open::add);
      }
    }
    return needed;
  }

  private static Stream<JavaClass> signatureTypes(JavaClass top, JavaClasses classes) {
    return classes.stream()
        .filter(each -> topLevel(each).equals(top))
        .flatMap(each ->
            Stream.of(
                    each.getAllRawSuperclasses().stream(),
                    each.getAllRawInterfaces().stream(),
                    each.getCodeUnits().stream()
                        .filter(VisibilityTest::visible)
                        .flatMap(VisibilityTest::typesOf),
                    each.getFields().stream()
                        .filter(field -> !field.getModifiers().contains(JavaModifier.PRIVATE))
                        .map(JavaField::getRawType))
                .flatMap(types -> types))
        .map(JavaClass::getBaseComponentType)
        .filter(type -> type.getPackageName().startsWith("dev.beagle"));
  }

  private static boolean visible(JavaCodeUnit unit) {
    return unit.getModifiers().contains(JavaModifier.PUBLIC)
        || unit.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaClass> typesOf(JavaCodeUnit unit) {
    return Stream.concat(
        unit.getReturnType().getAllInvolvedRawTypes().stream(),
        unit.getParameterTypes().stream().flatMap(type -> type.getAllInvolvedRawTypes().stream()));
  }

  private static boolean crossesPackages(Dependency dependency) {
    return !dependency
        .getOriginClass()
        .getPackageName()
        .equals(dependency.getTargetClass().getPackageName());
  }

  private static JavaClass topLevel(JavaClass each) {
    JavaClass top = each;
    while (top.getEnclosingClass().isPresent()) {
      top = top.getEnclosingClass().get();
    }
    return top;
  }

  private static boolean publicAndHandWritten(JavaClass each) {
    return each.getModifiers().contains(JavaModifier.PUBLIC)
        && each.isTopLevelClass()
        && List.of("dev.beagle.cri.", "dev.beagle.runtime.guest.wire").stream()
            .noneMatch(each.getName()::startsWith);
  }
}
