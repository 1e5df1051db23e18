package dev.beagle.node.config;

/** The version of this build; a test holds it against the POM. */
public final class Version {
  public static final String CURRENT = "0.1.0";

  private Version() {}
}
