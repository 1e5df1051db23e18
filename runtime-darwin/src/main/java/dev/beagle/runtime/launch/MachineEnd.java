package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostError;
import dev.beagle.runtime.hypervisor.Halt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Why a machine is no more.
 *
 * @param reason for people
 */
public record MachineEnd(Kind kind, String reason) {
  /** What ended it. */
  public enum Kind {
    /** The guest turned it off. */
    OFF,
    /** The guest asked for a restart, as a kernel that panics does. */
    RESET,
    /** {@link MachineProcess#stop} */
    STOPPED,
    /** The guest did what nothing can answer. */
    CRASHED,
    /** It could not be made or run, which is not the guest's fault. */
    FAILED,
    /** Its process was ended: by a signal, or with the host. */
    KILLED
  }

  static MachineEnd of(Halt halt) {
    return switch (halt) {
      case Halt.PowerOff() -> new MachineEnd(Kind.OFF, "the guest turned the machine off");
      case Halt.Reset() -> new MachineEnd(Kind.RESET, "the guest asked for a restart");
      case Halt.Cancelled() -> new MachineEnd(Kind.STOPPED, "the machine was stopped");
      case Halt.Crashed(String reason) -> new MachineEnd(Kind.CRASHED, Failure.shown(reason));
    };
  }

  static MachineEnd failed(String reason) {
    return new MachineEnd(Kind.FAILED, Failure.shown(reason));
  }

  static MachineEnd signalled() {
    return new MachineEnd(
        Kind.KILLED,
        "the machine's process was told to end by a signal (SIGTERM: by kill, or by a host that"
            + " shuts down)");
  }

  /** There is all of it or nothing. */
  void write(Path file) throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(aside, kind + "\n" + reason);
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  static Optional<MachineEnd> read(Path file) {
    try {
      String text = Files.readString(file);
      int line = text.indexOf('\n');
      return Optional.of(
          new MachineEnd(
              Kind.valueOf(text.substring(0, Math.max(line, 0))), text.substring(line + 1)));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException error) {
      throw HostError.of("cannot read " + file, error);
    } catch (IllegalArgumentException error) {
      throw Failure.corrupted("%s does not tell how a machine ended".formatted(file), error);
    }
  }
}
