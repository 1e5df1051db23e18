package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.hypervisor.hvf.HvfHypervisor;
import dev.beagle.runtime.machine.Machine;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;

/** The process of one machine: it ends with it, and leaves in the folder why. */
public final class MachineMain {
  private MachineMain() {}

  /** Options: those of {@link MachineSettings}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    MachineSettings settings;
    try {
      settings = MachineSettings.fromArguments(arguments);
      settings.files().prepare();
    } catch (Failure failure) {
      System.err.println("machine: " + failure.reason());
      System.exit(2);
      return;
    }
    MachineFolder files = settings.files();
    try (FileChannel file =
            FileChannel.open(files.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock()) {
      if (lock == null) {
        System.err.println("machine: another one runs in " + settings.folder());
        System.exit(2);
        return;
      }
      Files.deleteIfExists(files.end());
      MachineEnd end = run(settings);
      Files.deleteIfExists(files.controlSocket());
      end.write(files.end());
    }
  }

  private static MachineEnd run(MachineSettings settings) throws IOException, InterruptedException {
    ConsoleLog console = new ConsoleLog(settings.files());
    try {
      HvfHypervisor hypervisor =
          settings.library().map(HvfHypervisor::of).orElseGet(HvfHypervisor::ofThisHost);
      try (Machine machine = Machine.create(hypervisor, settings.spec(), console, Time.system())) {
        machine.start();
        try (ControlSocket _ =
            ControlSocket.open(settings.files().controlSocket(), machine::stop)) {
          return MachineEnd.of(machine.await());
        }
      }
    } catch (Failure failure) {
      return MachineEnd.failed(failure.reason());
    } finally {
      console.flush();
    }
  }
}
