package dev.beagle.net.control;

import dev.beagle.time.Time;
import java.nio.file.Path;

/** Stands for a daemon: starts the switch of a folder, then waits to be killed. */
final class StarterMain {
  private StarterMain() {}

  /** Takes the folder; prints the switch's process id. */
  public static void main(String[] arguments) throws InterruptedException {
    SwitchSettings settings = SwitchSettings.inFolder(Path.of(arguments[0]));
    SwitchProcess started =
        SwitchProcess.ensure(
            settings, SwitchProcessIT.command(), Time.system(), System.err::println);
    System.out.println(started.pid());
    Thread.currentThread().join();
  }
}
