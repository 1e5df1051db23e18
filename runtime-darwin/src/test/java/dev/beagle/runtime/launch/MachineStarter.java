package dev.beagle.runtime.launch;

import dev.beagle.time.Time;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A program that starts a machine as its arguments say, then waits to be killed. */
final class MachineStarter {
  private MachineStarter() {}

  public static void main(String[] arguments) throws InterruptedException {
    new MachineLauncher(commandOfTests(), Time.system())
        .launch(MachineSettings.fromArguments(arguments));
    System.out.println("started");
    new CountDownLatch(1).await();
  }

  static java.util.List<String> commandOfTests() {
    return MachineLauncher.command(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        Optional.empty());
  }
}
