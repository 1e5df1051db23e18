package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.lifecycle.Closer;
import dev.beagle.runtime.hypervisor.hvf.HvfHypervisor;
import dev.beagle.runtime.machine.DeviceSlot;
import dev.beagle.runtime.machine.Machine;
import dev.beagle.runtime.virtio.VirtioDevice;
import dev.beagle.runtime.virtio.block.BlockDevice;
import dev.beagle.runtime.virtio.block.DiskImage;
import dev.beagle.runtime.virtio.block.DiskOwner;
import dev.beagle.runtime.virtio.console.ConsoleDevice;
import dev.beagle.runtime.virtio.entropy.EntropyDevice;
import dev.beagle.runtime.virtio.fs.Export;
import dev.beagle.runtime.virtio.fs.FsDevice;
import dev.beagle.runtime.virtio.mmio.VirtioSlot;
import dev.beagle.runtime.virtio.net.NetDevice;
import dev.beagle.runtime.virtio.vsock.VsockDevice;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The process of one machine: it ends with it, and leaves in the folder why. */
public final class MachineMain {
  /** Of the guest's agent, in vsock. */
  private static final int AGENT_PORT = 1024;

  /** By which the guest's agent mounts what the host shows it. */
  private static final String EXPORT_TAG = "export";

  private MachineMain() {}

  /** Options: those of {@link MachineSettings}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Timeline timeline = new Timeline(Time.system());
    timeline.reached("main");
    MachineSettings settings;
    try {
      settings = MachineSettings.fromArguments(arguments);
      settings.files().requirePresent();
    } catch (Failure failure) {
      System.err.println("machine: " + failure.reason());
      System.exit(2);
      return;
    }
    MachineFolder files = settings.files();
    Optional<MachineLock> lock = MachineLock.take(files);
    if (lock.isEmpty()) {
      System.err.println("machine: another one runs in " + settings.folder());
      System.exit(2);
      return;
    }
    try (MachineLock _ = lock.get()) {
      Files.deleteIfExists(files.end());
      Thread signalled = Thread.ofPlatform().unstarted(() -> tellSignalled(files));
      Runtime.getRuntime().addShutdownHook(signalled);
      boolean unsignalled;
      MachineEnd end;
      try {
        end = run(settings, timeline);
      } finally {
        unsignalled = withdrawn(signalled);
      }
      if (unsignalled) {
        end.write(files.end());
      }
    }
  }

  /** False when a signal was faster than the guest: then its reason stands. */
  private static boolean withdrawn(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shutdown) {
      return false;
    }
  }

  private static void tellSignalled(MachineFolder files) {
    try {
      MachineEnd.signalled().write(files.end());
    } catch (IOException error) {
      System.err.println("machine: ended by a signal, which cannot be recorded: " + error);
    }
  }

  private static MachineEnd run(MachineSettings settings, Timeline timeline)
      throws IOException, InterruptedException {
    ConsoleLog console = new ConsoleLog(settings.files());
    try {
      HvfHypervisor hypervisor =
          settings.library().map(HvfHypervisor::of).orElseGet(HvfHypervisor::ofThisHost);
      return run(settings, hypervisor, console, timeline);
    } catch (Failure failure) {
      if (failure.kind() == FailureKind.INTERNAL) {
        failure.printStackTrace(); // a defect of ours: into the machine's log
      }
      return MachineEnd.failed(failure.reason());
    } finally {
      console.flush();
    }
  }

  private static MachineEnd run(
      MachineSettings settings, HvfHypervisor hypervisor, ConsoleLog console, Timeline timeline)
      throws IOException, InterruptedException {
    Time time = Time.system();
    MachineFolder files = settings.files();
    VsockDevice vsock = new VsockDevice();
    GuestLogs logs =
        new GuestLogs((output, greeting) -> vsock.connect(output, greeting, AGENT_PORT));
    try (NetDevice card = new NetDevice(randomMac(), time);
        Export export = new Export();
        Closer disks = new Closer();
        Machine machine =
            Machine.create(
                hypervisor,
                settings.spec(
                    slots(
                        card,
                        vsock,
                        new FsDevice(EXPORT_TAG, export),
                        scratch(settings, disks, console, time),
                        new EntropyDevice(),
                        new ConsoleDevice(console))),
                console,
                time)) {
      timeline.reached("loaded");
      machine.start();
      timeline.reached("running");
      timeline.write(files.timeline());
      try (ListeningSocket _ =
              ListeningSocket.open(
                  files.agentSocket(), client -> vsock.connect(client, AGENT_PORT), time);
          ControlSocket _ =
              ControlSocket.open(
                  files.controlSocket(), new MachineParts(machine, card, export, logs), time)) {
        return MachineEnd.of(machine.await());
      }
    }
  }

  /** The disk, or an empty place for one; the guest knows it by its serial number. */
  private static BlockDevice scratch(
      MachineSettings settings, Closer disks, ConsoleLog console, Time time) {
    BlockDevice device = BlockDevice.spare("scratch", new Told(console), time);
    settings
        .scratch()
        .ifPresent(image -> device.attach(disks.register(DiskImage.open(image, false))));
    return device;
  }

  /** Where people look for why a guest stands still, and in the process's log. */
  private record Told(ConsoleLog console) implements DiskOwner {
    @Override
    public void failed(Failure error) {
      tell(error.reason());
    }

    @Override
    public void resumed(String message) {
      tell(message);
    }

    private void tell(String line) {
      System.err.println(line);
      console.note(line);
    }
  }

  private static List<DeviceSlot> slots(VirtioDevice... devices) {
    return Arrays.stream(devices).<DeviceSlot>map(VirtioSlot::new).toList();
  }

  /** Until the guest gives the card the address of its pod. */
  private static byte[] randomMac() {
    byte[] mac = new byte[6];
    new SecureRandom().nextBytes(mac);
    mac[0] = 2; // locally administered
    return mac;
  }
}
