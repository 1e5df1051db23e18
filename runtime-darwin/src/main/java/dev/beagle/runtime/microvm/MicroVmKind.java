package dev.beagle.runtime.microvm;

import dev.beagle.failure.Failure;
import dev.beagle.host.HostError;
import dev.beagle.runtime.guest.GuestAgent;
import dev.beagle.runtime.guest.SocketGuestAgent;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.ProcessList;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.launch.MachineLauncher;
import dev.beagle.runtime.launch.MachineProcess;
import dev.beagle.runtime.launch.MachineSettings;
import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.oci.WorldTraits.Device;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.posix.SparseCopy;
import dev.beagle.runtime.world.SandboxKind;
import dev.beagle.runtime.world.World;
import dev.beagle.runtime.world.WorldRecord;
import dev.beagle.time.Deadline;
import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sandboxes that are virtual machines on Hypervisor.framework, one each. */
public final class MicroVmKind implements SandboxKind {
  /** The kind's name for clients. */
  public static final String NAME = "hvf";

  /** Of the guests, as OCI has it. */
  public static final String ARCHITECTURE = "arm64";

  private static final Logger LOG = LoggerFactory.getLogger(MicroVmKind.class);
  private static final Duration BOOT_LIMIT = Duration.ofSeconds(60);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration END_LIMIT = Duration.ofSeconds(10);
  private static final long MEMORY_BYTES = 512L << 20;
  private static final int VCPUS = 1;

  /**
   * Of the guests' kernel. A panic ends the machine; memory is not set aside for devices that there
   * are not.
   */
  public static final String COMMAND_LINE =
      "earlycon console=ttyAMA0 printk.devkmsg=on panic=-1 cma=0";

  /** Every capability that Linux 6.12 has, to CAP_CHECKPOINT_RESTORE. */
  private static final long ALL_CAPABILITIES = (1L << 41) - 1;

  /** What a privileged container gets beside the usual ones. */
  private static final List<Device> DEVICES =
      List.of(
          new Device("/dev/kmsg", "c", 1, 11, 0644, 0, 0),
          new Device("/dev/fuse", "c", 10, 229, 0666, 0, 0),
          new Device("/dev/loop-control", "c", 10, 237, 0660, 0, 0));

  private final MicroVmOptions options;
  private final String problem;
  private final MachineLauncher launcher;
  private final Boots boots = new Boots(Runtime.getRuntime().availableProcessors());
  private final Time time;

  /**
   * Makes nothing yet.
   *
   * @param problem why no machine can be started, see {@link MicroVmRequirements}; those that run
   *     are seen to all the same
   */
  public MicroVmKind(MicroVmOptions options, String problem, Time time) {
    this.options = options;
    this.problem = problem;
    this.launcher = new MachineLauncher(options.command(), time);
    this.time = time;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String problem() {
    return problem;
  }

  @Override
  public WorldTraits traits() {
    return new WorldTraits(ARCHITECTURE, ALL_CAPABILITIES, true, -1000, DEVICES);
  }

  @Override
  public void check(SandboxSpec spec) {
    MicroVmLimits.check(spec);
  }

  @Override
  public void check(ContainerSpec spec) {
    MicroVmLimits.check(spec);
  }

  @Override
  public WorldRecord plan(SandboxId id, String cgroupParent) {
    // Whose cgroups these are is the guest's matter; a parent of the host's does not exist there.
    return new WorldRecord(id, options.folder().resolve(id.shortForm()).toString(), "/pod", true);
  }

  @Override
  public World open(WorldRecord plan) {
    return boots.inTurn(() -> boot(plan));
  }

  private World boot(WorldRecord plan) {
    try {
      MachineProcess machine = launcher.launch(settings(plan));
      return new MicroVmWorld(
          plan, machine, awaitAgent(plan, machine), options.portSocket(), List.of(), time);
    } catch (RuntimeException failure) {
      // There will be no pod whose console could be read.
      MachineLog.tail(plan)
          .forEach(line -> LOG.warn("console of {}: {}", plan.sandbox().shortForm(), line));
      try {
        discard(plan, List.of());
      } catch (RuntimeException undo) {
        failure.addSuppressed(undo);
      }
      throw failure;
    }
  }

  private MachineSettings settings(WorldRecord plan) {
    return new MachineSettings(
        Path.of(plan.folder()),
        plan.sandbox().shortForm(),
        VCPUS,
        MEMORY_BYTES,
        options.kernel(),
        options.initramfs(),
        COMMAND_LINE,
        scratch(plan),
        options.library());
  }

  private Optional<Path> scratch(WorldRecord plan) {
    if (!Files.isRegularFile(options.scratchTemplate())) {
      return Optional.empty();
    }
    Path disk = disk(String.valueOf(Path.of(plan.folder()).getFileName()));
    try {
      Files.createDirectories(
          options.disks(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Files.deleteIfExists(disk);
      SparseCopy.copy(options.scratchTemplate(), disk);
      return Optional.of(disk);
    } catch (IOException error) {
      throw HostError.of("cannot make the disk " + disk, error);
    }
  }

  private Path disk(String machine) {
    return options.disks().resolve(machine + ".img");
  }

  private GuestAgent awaitAgent(WorldRecord plan, MachineProcess machine) {
    Deadline deadline = Deadline.after(time, BOOT_LIMIT);
    while (true) {
      try {
        return dial(plan, machine);
      } catch (Failure notYet) {
        if (!machine.isAlive()) {
          throw Failure.unavailable("the machine ended: " + MachineLog.endOf(plan), notYet);
        }
        if (deadline.passed()) {
          throw Failure.timedOut(
              "the machine did not boot in %d s: %s"
                  .formatted(BOOT_LIMIT.toSeconds(), MachineLog.lastLines(plan)));
        }
      }
      pause();
    }
  }

  private void pause() {
    try {
      time.sleep(POLL);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while a machine was booting");
    }
  }

  private static GuestAgent dial(WorldRecord plan, MachineProcess machine) {
    return SocketGuestAgent.connect(plan.sandbox().shortForm(), machine::dialAgent);
  }

  @Override
  public Optional<World> adopt(WorldRecord record) {
    return MachineLauncher.find(Path.of(record.folder())).map(machine -> adopted(record, machine));
  }

  private World adopted(WorldRecord record, MachineProcess machine) {
    GuestAgent agent = dial(record, machine);
    try {
      ProcessList known =
          agent
              .call(
                  Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()),
                  CALL_LIMIT)
              .getProcesses();
      if (!known.getSandbox().equals(record.sandbox().value())) {
        throw Failure.unavailable(
            "machine %s has sandbox %s"
                .formatted(record.folder(), Failure.shown(known.getSandbox())));
      }
      return new MicroVmWorld(
          record, machine, agent, options.portSocket(), known.getFoldersList(), time);
    } catch (RuntimeException failure) {
      agent.close();
      throw failure;
    }
  }

  @Override
  public String endReason(WorldRecord record) {
    return "the sandbox's machine ended: " + MachineLog.endOf(record);
  }

  /** The console stays, for it may be all that tells why. */
  @Override
  public void discard(WorldRecord record, Collection<String> containers) {
    Path folder = Path.of(record.folder());
    end(folder);
    List<Path> kept = MachineLauncher.consoleFiles(folder);
    delete(folder, file -> !kept.contains(file));
  }

  @Override
  public void forget(WorldRecord record) {
    forget(Path.of(record.folder()));
  }

  private void forget(Path folder) {
    end(folder);
    delete(folder, _ -> true);
  }

  private void end(Path folder) {
    MachineLauncher.holder(folder).ifPresent(this::end);
    try {
      Files.deleteIfExists(disk(String.valueOf(folder.getFileName())));
    } catch (IOException error) {
      throw Failure.internal("cannot remove the disk of " + folder, error);
    }
  }

  /** The files of these, and the folder once none is left. */
  private static void delete(Path folder, Predicate<Path> wanted) {
    try (Stream<Path> files = Files.list(folder)) {
      boolean all = true;
      for (Path file : files.toList()) {
        if (wanted.test(file)) {
          Files.deleteIfExists(file);
        } else {
          all = false;
        }
      }
      if (all) {
        Files.deleteIfExists(folder);
      }
    } catch (NoSuchFileException none) {
      // it is gone already
    } catch (IOException error) {
      throw Failure.internal("cannot remove " + folder, error);
    }
  }

  private void end(MachineProcess machine) {
    machine.stop();
    if (!ended(machine)) {
      machine.kill();
      if (!ended(machine)) {
        throw Failure.timedOut(
            "the process %d of a machine has not ended %d s after SIGKILL"
                .formatted(machine.pid(), END_LIMIT.toSeconds()));
      }
    }
  }

  private boolean ended(MachineProcess machine) {
    try {
      return machine.awaitEnd(END_LIMIT, time);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw Failure.cancelled("interrupted while a machine was ending");
    }
  }

  @Override
  public void sweep(Set<SandboxId> known, Set<String> lost) {
    Set<String> names = known.stream().map(SandboxId::shortForm).collect(Collectors.toSet());
    for (String machine : machinesLeft()) {
      Path folder = options.folder().resolve(machine);
      if (!names.contains(machine)) {
        LOG.warn("ending machine {}, which has no record", folder);
        try {
          forget(folder);
        } catch (Failure failure) {
          LOG.error("machine {}, which has no record, goes on: {}", folder, failure.reason());
        }
      }
    }
  }

  /** By their folders and by their disks: each may have outlived the other. */
  private Set<String> machinesLeft() {
    Set<String> names = new TreeSet<>(names(options.folder()));
    names(options.disks()).stream()
        .filter(name -> name.endsWith(".img"))
        .forEach(name -> names.add(name.substring(0, name.length() - ".img".length())));
    return names;
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    } catch (IOException error) {
      throw Failure.internal("cannot list " + folder, error);
    }
  }

  @Override
  public void retire() {
    try {
      Files.deleteIfExists(options.folder());
    } catch (IOException kept) {
      LOG.debug("{} stays", options.folder(), kept);
    }
  }

  @Override
  public void retainLayers(Supplier<Set<String>> used) {
    // A machine holds the layers that it was given open itself.
  }
}
