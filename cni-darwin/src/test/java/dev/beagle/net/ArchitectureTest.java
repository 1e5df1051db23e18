package dev.beagle.net;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.beagle.net", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("dev.beagle.net.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule PROTOCOLS_ARE_FUNCTIONS_OF_INPUT_AND_TIME =
      noClasses()
          .that()
          .resideInAnyPackage("..net.wire..", "..net.tcp..", "..net.flow..", "..net.ipam..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..",
              "java.nio.channels..",
              "java.nio.file..",
              "java.time..",
              "java.util.concurrent..",
              "dev.beagle.time..");

  @ArchTest
  static final ArchRule THE_SWITCH_STARTS_WITHOUT_HEAVY_LIBRARIES =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("tools.jackson..", "org.slf4j..", "io.netty..", "com.sun.jna..");

  @ArchTest
  static final ArchRule ONLY_THE_LOOP_AND_THE_PROCESS_TOUCH_CHANNELS =
      noClasses()
          .that()
          .resideOutsideOfPackages("..net.loop..", "..net.control..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.nio.channels..");
}
