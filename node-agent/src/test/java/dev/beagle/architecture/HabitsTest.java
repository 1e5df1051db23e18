package dev.beagle.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;

/** What no class does, or one only. */
@AnalyzeClasses(packages = "dev.beagle", importOptions = MainClasses.class)
final class HabitsTest {
  private static final String GENERATED_CRI = "dev.beagle.cri..";
  private static final String GENERATED_AGENT = "dev.beagle.runtime.guest.wire";

  private static final Set<String> CLOCKS_AND_SLEEPS =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.Instant.now",
          "java.time.LocalDate.now",
          "java.time.LocalTime.now",
          "java.time.LocalDateTime.now",
          "java.time.OffsetDateTime.now",
          "java.time.ZonedDateTime.now");

  private static final Set<String> SETTINGS_OF_THE_JVM =
      Set.of(
          "java.lang.System.getProperty",
          "java.lang.System.getProperties",
          "java.lang.System.getenv",
          "java.lang.Boolean.getBoolean",
          "java.lang.Integer.getInteger",
          "java.lang.Long.getLong");

  private static DescribedPredicate<JavaAccess<?>> oneOf(String description, Set<String> members) {
    return new DescribedPredicate<JavaAccess<?>>(description) {
      @Override
      public boolean test(JavaAccess<?> access) {
        AccessTarget target = access.getTarget();
        return members.contains(target.getOwner().getName() + "." + target.getName());
      }
    };
  }

  @ArchTest
  static final ArchRule timeIsPassedIn =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.beagle.time")
          .should()
          .accessTargetWhere(oneOf("reads a clock or sleeps", CLOCKS_AND_SLEEPS));

  /** The platform; who runs us and with which environment; which version and JVM this is. */
  @ArchTest
  static final ArchRule propertiesAndEnvironmentAreReadAtOnePlaceEach =
      noClasses()
          .that(
              DescribedPredicate.not(
                  ForeignTypesTest.named(
                      "dev.beagle.host.HostPlatform",
                      "dev.beagle.node.config.Host",
                      "dev.beagle.node.config.Installation")))
          .should()
          .accessTargetWhere(oneOf("reads a property or the environment", SETTINGS_OF_THE_JVM));

  @ArchTest
  static void typesAreNamedAfterWhatTheyAre(JavaClasses classes) {
    for (String ending : List.of("Impl", "Util", "Utils", "Helper", "Manager")) {
      noClasses()
          .that()
          .resideOutsideOfPackages(GENERATED_CRI, GENERATED_AGENT)
          .should()
          .haveSimpleNameEndingWith(ending)
          .check(classes);
    }
  }

  @ArchTest
  static final ArchRule oneClassSetsUpTheLog =
      noClasses()
          .that(DescribedPredicate.not(ForeignTypesTest.named("dev.beagle.node.cli.Logging")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.util.logging");

  /**
   * The log itself, the console (asked to by --debug), and the processes of switch and machines,
   * which have no more.
   */
  @ArchTest
  static final ArchRule stacksGoToTheLog =
      noClasses()
          .that(
              DescribedPredicate.not(
                  ForeignTypesTest.named(
                      "dev.beagle.node.cli.Logging",
                      "dev.beagle.node.cli.Cli",
                      "dev.beagle.net.control.DefectLog",
                      "dev.beagle.runtime.launch.MachineMain")))
          .should()
          .callMethodWhere(
              new DescribedPredicate<JavaMethodCall>("prints a stack") {
                @Override
                public boolean test(JavaMethodCall call) {
                  return call.getTarget().getName().equals("printStackTrace")
                      && call.getTarget().getOwner().isAssignableTo(Throwable.class);
                }
              });

  /**
   * Besides the console: the version, printed before anything is set up, the logs of the switch and
   * of machines, and the steps of the program that makes guest images.
   */
  @ArchTest
  static final ArchRule outputGoesThroughTheConsole =
      noClasses()
          .that(
              DescribedPredicate.not(
                  ForeignTypesTest.named(
                      "dev.beagle.node.cli.Cli",
                      "dev.beagle.node.Main",
                      "dev.beagle.net.control.SwitchMain",
                      "dev.beagle.runtime.launch.MachineMain",
                      "dev.beagle.guestimage.GuestImageMain")))
          .should()
          .accessTargetWhere(
              oneOf(
                  "writes to a standard stream",
                  Set.of("java.lang.System.out", "java.lang.System.err")));

  @ArchTest
  static final ArchRule onlyExecAndRunReadStandardInput =
      noClasses()
          .that(
              DescribedPredicate.not(
                  ForeignTypesTest.named(
                      "dev.beagle.node.cli.ExecCommand", "dev.beagle.node.cli.AttachedRun")))
          .should()
          .accessTargetWhere(oneOf("reads standard input", Set.of("java.lang.System.in")));
}
