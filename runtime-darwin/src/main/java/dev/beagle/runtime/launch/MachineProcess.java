package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostProcesses;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/** A machine's process, started or found. Thread-safe. */
public final class MachineProcess {
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(5);

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
    return HostProcesses.runs(handle);
  }

  /**
   * Ends the machine as a pulled plug does, and its process where that does not hear; {@link
   * #awaitEnd} tells when it is gone. Nothing happens when it has ended.
   */
  public void stop() {
    try {
      MachineLauncher.ask(files, ControlRequest.of(ControlRequest.STOP), STOP_PATIENCE);
    } catch (Failure failure) {
      if (isAlive()) {
        handle.destroyForcibly(); // it does not hear: then so
      }
    }
  }

  /**
   * Makes the machine's network card a port of the switch. Once.
   *
   * @param socket of the switch's ports
   * @param token of the port's lease
   */
  public void join(Path socket, String port, String token) {
    ask(ControlRequest.of(ControlRequest.JOIN, socket.toString(), port, token));
  }

  /**
   * Opens a log of this host for appending and hands it to the guest's agent, which writes to it
   * for as long as the machine runs.
   *
   * @param greeting what the agent is to be told of it
   * @return the agent's answer to that: a message, without its length
   * @throws Failure INVALID_ARGUMENT for what is no regular file of one name; UNAVAILABLE or
   *     TIMED_OUT when the agent does not answer
   */
  public byte[] openLog(Path path, byte[] greeting) {
    Base64.Encoder encoder = Base64.getEncoder();
    List<String> answer =
        ask(
            ControlRequest.of(
                ControlRequest.LOG, path.toString(), encoder.encodeToString(greeting)));
    return Base64.getDecoder().decode(answer.getFirst());
  }

  /** Closes a log, whatever the guest does. One that is not open is fine. */
  public void closeLog(Path path) {
    ask(ControlRequest.of(ControlRequest.UNLOG, path.toString()));
  }

  /**
   * Makes a file or a folder of this host appear in the guest's export, only to be read.
   *
   * @param name one component of a path
   * @param immutable whether nobody writes to it
   */
  public void export(String name, Path path, boolean immutable) {
    ask(
        ControlRequest.of(
            ControlRequest.EXPORT, name, path.toString(), Boolean.toString(immutable)));
  }

  /** Takes an entry away; what the guest has open of it stays so. An unknown name is fine. */
  public void unexport(String name) {
    ask(ControlRequest.of(ControlRequest.UNEXPORT, name));
  }

  /** Ends the process, and the machine with it, whether it hears or not. */
  public void kill() {
    handle.destroyForcibly();
  }

  /** Opens a connection to the guest's agent; it ends at once while there is none. */
  public SocketChannel dialAgent() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(files.agentSocket()));
  }

  private List<String> ask(ControlRequest request) {
    return MachineLauncher.ask(files, request);
  }

  /**
   * Waits until the process is gone, whoever ended it.
   *
   * @return false when it is still there after that time
   */
  public boolean awaitEnd(Duration limit, Time time) throws InterruptedException {
    Deadline deadline = Deadline.after(time, limit);
    while (isAlive()) { // and not its exit alone, which nobody may reap
      if (deadline.passed()) {
        return false;
      }
      time.sleep(POLL);
    }
    return true;
  }
}
