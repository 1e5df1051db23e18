package dev.beagle.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;

/** Modules and arrows; the packages of a module have no cycles, nor has the whole. */
@AnalyzeClasses(packages = "dev.beagle", importOptions = MainClasses.class)
final class ModuleArrowsTest {
  private static final Module BASE =
      new Module(
          "base",
          List.of(
              "dev.beagle.failure..",
              "dev.beagle.host..",
              "dev.beagle.time..",
              "dev.beagle.lifecycle.."),
          List.of());
  private static final Module CRI_API =
      new Module("cri-api", List.of("dev.beagle.cri.."), List.of());

  /** A program of its own: the daemon's folder of jars has it, and nobody knows it. */
  private static final Module GUEST_IMAGE =
      new Module("guest-image", List.of("dev.beagle.guestimage.."), List.of(BASE));

  private static final Module IMAGE_SERVICE =
      new Module("image-service", List.of("dev.beagle.image.."), List.of(BASE));
  private static final Module RUNTIME_DARWIN =
      new Module("runtime-darwin", List.of("dev.beagle.runtime.."), List.of(BASE));
  private static final Module CNI_DARWIN =
      new Module("cni-darwin", List.of("dev.beagle.net.."), List.of(BASE));
  private static final Module DOCKER_API =
      new Module(
          "docker-api",
          List.of("dev.beagle.docker.."),
          List.of(BASE, IMAGE_SERVICE, RUNTIME_DARWIN, CNI_DARWIN));
  private static final Module NODE_AGENT =
      new Module(
          "node-agent",
          List.of("dev.beagle.node.."),
          List.of(BASE, CRI_API, IMAGE_SERVICE, RUNTIME_DARWIN, CNI_DARWIN, DOCKER_API));

  private static final List<Module> MODULES =
      List.of(
          BASE,
          CRI_API,
          GUEST_IMAGE,
          IMAGE_SERVICE,
          RUNTIME_DARWIN,
          CNI_DARWIN,
          DOCKER_API,
          NODE_AGENT);

  /** A module, its packages, and the modules it knows. */
  private record Module(String name, List<String> packages, List<Module> known) {
    DescribedPredicate<JavaClass> contains() {
      return resideInAnyPackage(packages.toArray(String[]::new));
    }

    /** Its own types, those of the modules it knows, and whatever is not ours. */
    DescribedPredicate<JavaClass> mayUse() {
      List<String> allowed = new ArrayList<>(packages);
      known.forEach(module -> allowed.addAll(module.packages()));
      return resideInAnyPackage(allowed.toArray(String[]::new))
          .or(DescribedPredicate.not(resideInAnyPackage("dev.beagle..")))
          .as("their own module, %s and foreign types", known.stream().map(Module::name).toList());
    }
  }

  @ArchTest
  static void everyModuleKnowsOnlyWhatItsArrowsSay(JavaClasses classes) {
    for (Module module : MODULES) {
      classes()
          .that(module.contains().as(module.name()))
          .should()
          .onlyDependOnClassesThat(module.mayUse())
          // docker-api has no classes yet.
          .allowEmptyShould(module.equals(DOCKER_API))
          .check(classes);
    }
  }

  @ArchTest
  static void everyClassBelongsToOneModule(JavaClasses classes) {
    for (JavaClass each : classes) {
      assertThat(MODULES.stream().filter(module -> module.contains().test(each)))
          .as(each.getName())
          .hasSize(1);
    }
  }

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.beagle.(**)").should().beFreeOfCycles();
}
