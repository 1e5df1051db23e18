package dev.beagle.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;

/**
 * Where types of other people may appear: whoever wants to change a library finds it in one place.
 */
@AnalyzeClasses(packages = "dev.beagle", importOptions = MainClasses.class)
final class ForeignTypesTest {
  private static final String CRI = "dev.beagle.cri..";
  private static final String CRI_CALLS = "dev.beagle.node.cri";
  private static final String CRI_CLIENT = "dev.beagle.node.client";

  /** The commands speak to the daemon in CRI's own messages: they are clients like any other. */
  private static final String COMMANDS = "dev.beagle.node.cli";

  /** Stands in for a daemon while the start cache is trained: a server beside the commands. */
  private static final String TRAINING = COMMANDS + ".TrainCommand";

  private static ArchRule only(String library, String... packages) {
    return only(library, resideInAnyPackage(packages));
  }

  private static ArchRule only(String library, DescribedPredicate<JavaClass> users) {
    return noClasses()
        .that(DescribedPredicate.not(users.or(resideInAnyPackage(library))))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .as("only " + users.getDescription() + " use " + library);
  }

  /** These classes, by full name, and the classes inside them. */
  static DescribedPredicate<JavaClass> named(String... names) {
    return new DescribedPredicate<JavaClass>("are " + String.join(", ", names)) {
      @Override
      public boolean test(JavaClass each) {
        return Arrays.stream(names)
            .anyMatch(name -> each.getName().equals(name) || each.getName().startsWith(name + "$"));
      }
    };
  }

  @ArchTest
  static final ArchRule nativeCallsAreInBindings =
      only(
          "com.sun.jna..",
          "dev.beagle.runtime.posix",
          "dev.beagle.runtime.hypervisor.hvf",
          "dev.beagle.runtime.hypervisor.kvm");

  @ArchTest
  static final ArchRule foreignMemoryIsForMappedFilesAndGuests =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.beagle.image.erofs",
              "dev.beagle.runtime.posix",
              "dev.beagle.runtime.memory",
              "dev.beagle.runtime.virtio..",
              "dev.beagle.runtime.machine",
              "dev.beagle.runtime.hypervisor..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign");

  /** The demo runs pods as the commands do. */
  @ArchTest
  static final ArchRule criTypesAreForItsServicesAndClients =
      only(CRI, CRI_CALLS, CRI_CLIENT, COMMANDS, "dev.beagle.node.demo");

  @ArchTest
  static final ArchRule grpcIsForTheCri =
      only("io.grpc..", resideInAnyPackage(CRI, CRI_CALLS, CRI_CLIENT).or(named(TRAINING)));

  @ArchTest
  static final ArchRule nettyIsForTransports =
      only(
          "io.netty..",
          resideInAnyPackage("dev.beagle.node.transport", "dev.beagle.node.streaming", CRI_CLIENT)
              .or(named(CRI_CALLS + ".CriServer", TRAINING)));

  /** The CRI's and the guest agent's; a command that executes gets output as protobuf's bytes. */
  @ArchTest
  static final ArchRule protobufIsForTheTwoProtocols =
      only(
          "com.google.protobuf..",
          CRI,
          CRI_CALLS,
          CRI_CLIENT,
          COMMANDS,
          "dev.beagle.runtime.guest..",
          "dev.beagle.runtime.lifecycle");

  /** Each of them has a JSON format of its own to read or write. */
  @ArchTest
  static final ArchRule jacksonIsForThoseWithAFormat =
      only(
          "tools.jackson..",
          "dev.beagle.image.catalog",
          "dev.beagle.image.manifest",
          "dev.beagle.image.registry",
          "dev.beagle.guestimage",
          "dev.beagle.runtime.oci",
          "dev.beagle.runtime.state",
          "dev.beagle.node.config",
          "dev.beagle.node.embedded",
          "dev.beagle.node.output",
          "dev.beagle.node.streaming",
          CRI_CALLS,
          COMMANDS);

  @ArchTest
  static final ArchRule annotatedJsonIsForRecordsOfWhatRunsAndTerminals =
      only(
          "com.fasterxml.jackson.annotation",
          "dev.beagle.runtime.state",
          "dev.beagle.node.streaming");

  @ArchTest
  static final ArchRule archivesAreReadByPullsAndWrittenForTheEmbeddedImage =
      only(
          "org.apache.commons..",
          "dev.beagle.image.pull",
          "dev.beagle.node.embedded",
          "dev.beagle.guestimage.deb");

  @ArchTest
  static final ArchRule signaturesAreCheckedAtOnePlace =
      only("org.bouncycastle..", "dev.beagle.guestimage.signature");

  @ArchTest
  static final ArchRule zstdIsForPulls = only("com.github.luben..", "dev.beagle.image.pull");

  @ArchTest static final ArchRule commandLinesAreForCommands = only("picocli..", COMMANDS);

  @ArchTest
  static final ArchRule nobodyElseIsKnown =
      noClasses()
          .that()
          .resideOutsideOfPackages(CRI, "dev.beagle.runtime.guest.wire")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..",
              "javax.net..",
              "javax.xml.stream..",
              "dev.beagle..",
              "org.jspecify.annotations",
              "org.slf4j..",
              "com.sun.jna..",
              "io.grpc..",
              "io.netty..",
              "com.google.protobuf..",
              "tools.jackson..",
              "com.fasterxml.jackson.annotation",
              "org.apache.commons.compress..",
              "com.github.luben.zstd..",
              "org.bouncycastle..",
              "picocli..");
}
