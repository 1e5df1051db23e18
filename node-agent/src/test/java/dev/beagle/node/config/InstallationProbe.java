package dev.beagle.node.config;

import dev.beagle.net.control.SwitchProcess;

/** A program that says where it runs from, and how it would start the switch. */
final class InstallationProbe {
  private InstallationProbe() {}

  public static void main(String[] arguments) {
    Installation installation = Installation.current();
    System.out.println(installation);
    System.out.println(
        String.join(
            " ",
            SwitchProcess.command(
                installation.java(), installation.classPath(), installation.switchCache())));
  }
}
