package dev.beagle.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Packages whose results follow from their arguments: no files, sockets, threads, locks or clocks.
 * They know values of the JDK only ({@code java.lang} without threads and processes, {@code
 * java.util} without concurrency, buffers without channels), and each what stands with it.
 */
@AnalyzeClasses(packages = "dev.beagle", importOptions = MainClasses.class)
final class PurePackagesTest {
  private static final DescribedPredicate<JavaClass> VALUES =
      resideInAnyPackage(
              "java.lang",
              "java.lang.invoke",
              "java.lang.runtime",
              "java.lang.annotation",
              "java.math",
              "java.util",
              "java.util.function",
              "java.util.regex",
              "java.util.stream",
              "java.nio",
              "java.nio.charset",
              "java.time",
              "java.time.format",
              "org.jspecify.annotations",
              "dev.beagle.failure")
          .and(
              DescribedPredicate.not(
                  belongToAnyOf(
                      Thread.class,
                      ThreadLocal.class,
                      Runtime.class,
                      Process.class,
                      ProcessBuilder.class,
                      java.util.Timer.class,
                      java.util.Random.class,
                      java.util.Scanner.class,
                      java.time.Clock.class)));

  private static ArchRule pure(String name, DescribedPredicate<JavaClass> besides) {
    return pure(resideInAnyPackage(name), besides.or(resideInAnyPackage(name)))
        .as(name + " is pure");
  }

  private static ArchRule pure(
      DescribedPredicate<JavaClass> which, DescribedPredicate<JavaClass> besides) {
    // An array of int is a value as int is: both have no package.
    return classes()
        .that(which)
        .should()
        .onlyDependOnClassesThat(VALUES.or(resideInAnyPackage("")).or(besides));
  }

  private static DescribedPredicate<JavaClass> types(Class<?>... types) {
    return belongToAnyOf(types);
  }

  /** Digests are computed over bytes in memory. */
  @ArchTest
  static final ArchRule references =
      pure(
          "dev.beagle.image.reference",
          types(java.security.MessageDigest.class, java.security.NoSuchAlgorithmException.class));

  @ArchTest
  static final ArchRule manifests =
      pure(
          "dev.beagle.image.manifest",
          resideInAnyPackage("tools.jackson..", "dev.beagle.image.reference"));

  @ArchTest
  static final ArchRule packets =
      pure(
          "dev.beagle.net.wire",
          types(java.net.InetAddress.class, java.net.UnknownHostException.class));

  @ArchTest
  static final ArchRule flows =
      pure("dev.beagle.net.flow", resideInAnyPackage("dev.beagle.net.wire"));

  @ArchTest
  static final ArchRule tcp =
      pure("dev.beagle.net.tcp", resideInAnyPackage("dev.beagle.net.wire", "dev.beagle.net.flow"));

  @ArchTest
  static final ArchRule deviceTrees =
      pure("dev.beagle.runtime.devicetree", DescribedPredicate.alwaysFalse());

  /**
   * All but the seccomp profile, which is a file of the node that a container's spec names. Paths
   * are text here: nothing of {@code java.nio.file} but {@code Path} is known.
   */
  @ArchTest
  static final ArchRule ociConfigurations =
      pure(
              resideInAnyPackage("dev.beagle.runtime.oci")
                  .and(
                      DescribedPredicate.not(
                          ForeignTypesTest.named("dev.beagle.runtime.oci.SeccompProfile"))),
              resideInAnyPackage(
                      "tools.jackson..", "dev.beagle.runtime.oci", "dev.beagle.runtime.pod")
                  .or(types(java.nio.file.Path.class)))
          .as("dev.beagle.runtime.oci is pure but for SeccompProfile");

  @ArchTest
  static final ArchRule fileTrees =
      pure("dev.beagle.guestimage.tree", DescribedPredicate.alwaysFalse());

  @ArchTest
  static final ArchRule elfFiles =
      pure("dev.beagle.guestimage.elf", DescribedPredicate.alwaysFalse());

  @ArchTest
  static final ArchRule kernelModules =
      pure(
          "dev.beagle.guestimage.modules",
          resideInAnyPackage("dev.beagle.guestimage.tree", "dev.beagle.guestimage.elf"));

  /** The stream that it is given is all a cpio writer touches. */
  @ArchTest
  static final ArchRule cpio =
      pure(
          "dev.beagle.guestimage.cpio",
          resideInAnyPackage("dev.beagle.guestimage.tree")
              .or(
                  types(
                      java.io.OutputStream.class,
                      java.io.IOException.class,
                      java.nio.channels.Channels.class,
                      java.nio.channels.WritableByteChannel.class)));

  /** The stream that it is given is all a tar reader touches; an archive is made in memory. */
  @ArchTest
  static final ArchRule tar =
      pure(
          "dev.beagle.image.tar",
          types(
              java.io.InputStream.class,
              java.io.ByteArrayOutputStream.class,
              java.io.IOException.class,
              java.io.EOFException.class));
}
