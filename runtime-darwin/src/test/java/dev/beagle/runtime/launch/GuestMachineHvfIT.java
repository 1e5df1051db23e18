package dev.beagle.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.guest.SocketGuestAgent;
import dev.beagle.runtime.guest.wire.CloseSandbox;
import dev.beagle.runtime.guest.wire.ListProcesses;
import dev.beagle.runtime.guest.wire.OpenSandbox;
import dev.beagle.runtime.guest.wire.Reply;
import dev.beagle.runtime.guest.wire.Request;
import dev.beagle.runtime.testing.GuestImage;
import dev.beagle.runtime.testing.HvSim;
import dev.beagle.time.Time;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guest agent in a machine on hv-sim, asked over vsock. */
@Tag("hvf")
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class GuestMachineHvfIT {
  @TempDir private Path folder;

  /** Once it is there; a machine that ended has none. */
  private static SocketGuestAgent connect(MachineProcess machine) {
    return await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsMatching(notYet -> notYet instanceof Failure && machine.isAlive())
        .until(() -> SocketGuestAgent.connect("m", machine::dialAgent), agent -> true);
  }

  @Test
  void theAgentAnswersAndTurnsTheMachineOff() throws Exception {
    GuestImage guest = GuestImage.require();
    HvSim sim = HvSim.require("library", "linux");
    MachineProcess machine =
        new MachineLauncher(MachineStarter.commandOfTests(), Time.system())
            .launch(
                new MachineSettings(
                    folder,
                    "m",
                    1,
                    256L << 20,
                    guest.kernel(),
                    guest.initramfs(),
                    "earlycon=pl011,mmio32,0xb000000 console=ttyAMA0 panic=-1",
                    Optional.empty(),
                    Optional.of(sim.library())));
    try (SocketGuestAgent agent = connect(machine)) {
      Reply processes =
          agent.call(
              Request.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()),
              Duration.ofSeconds(30));
      assertThat(processes.getProcesses().getSandbox()).isEmpty();
      agent.call(
          Request.newBuilder()
              .setOpenSandbox(
                  OpenSandbox.newBuilder()
                      .setSandbox("pod")
                      .setHostname("pod")
                      .setOwnNetwork(true)
                      .setOwnIpc(true)
                      .setSharedPid(true)
                      .setShmBytes(1 << 20)),
          Duration.ofSeconds(30));
      agent.call(
          Request.newBuilder().setCloseSandbox(CloseSandbox.getDefaultInstance()),
          Duration.ofSeconds(30));
      assertThat(machine.awaitEnd(Duration.ofSeconds(60), Time.system())).isTrue();
      assertThat(MachineLauncher.endOf(folder).kind()).isEqualTo(MachineEnd.Kind.OFF);
      assertThat(Files.readString(folder.resolve("console.log")))
          .contains("machine: the agent listens")
          .doesNotContain("WARNING:");
    } finally {
      machine.stop();
    }
  }
}
