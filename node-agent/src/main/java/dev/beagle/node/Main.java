package dev.beagle.node;

import dev.beagle.node.cli.Cli;
import dev.beagle.node.config.Version;

/** Where every {@code beagle} command starts. */
public final class Main {
  private Main() {}

  /** Ends the JVM with the command's exit code. */
  public static void main(String[] arguments) {
    if (arguments.length == 1 && (arguments[0].equals("--version") || arguments[0].equals("-V"))) {
      // Loads nothing but this class: asked often, by scripts, and answered within a blink.
      System.out.println("beagle " + Version.CURRENT);
      if (!System.out.checkError()) {
        return;
      }
      // could not be written: the command line says so
    }
    System.exit(Cli.run(arguments, NodeDaemon::start));
  }
}
