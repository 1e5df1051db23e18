package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import java.util.concurrent.CompletableFuture;

/** A machine's process, started or found. Thread-safe. */
public final class MachineProcess {
  private final MachineFolder files;
  private final ProcessHandle handle;

  MachineProcess(MachineFolder files, ProcessHandle handle) {
    this.files = files;
    this.handle = handle;
  }

  public long pid() {
    return handle.pid();
  }

  public boolean isAlive() {
    return handle.isAlive();
  }

  /**
   * Ends the machine as a pulled plug does; {@link #ended} completes soon. Nothing happens when it
   * has ended.
   */
  public void stop() {
    try {
      MachineLauncher.ask(files, ControlSocket.STOP);
    } catch (Failure failure) {
      if (handle.isAlive()) {
        handle.destroyForcibly(); // it does not hear: then so
      }
    }
  }

  /** Completes once the process is gone, whoever ended it. */
  public CompletableFuture<MachineEnd> ended() {
    return handle.onExit().thenApply(_ -> MachineLauncher.end(files));
  }
}
