package dev.beagle.net.control;

import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The switch with two pods, for {@code bench/net.sh}; until the standard input ends. */
final class SwitchForBench {
  private SwitchForBench() {}

  /** Takes host ports of the first pod, {@code HOST:POD}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("swb");
    SwitchSettings settings = SwitchSettings.inFolder(folder.resolve("s"));
    try (KernelPods pods = new KernelPods(folder)) {
      SwitchProcess running =
          SwitchProcess.ensure(
              settings,
              pods.in("host", SwitchProcessIT.command()),
              Time.system(),
              System.err::println);
      List<String> addresses = new ArrayList<>();
      for (String name : List.of("a", "b")) {
        PortLease lease = running.client().attach(name);
        pods.join(lease, settings.portSocket());
        addresses.add(lease.addresses().getFirst());
      }
      for (String argument : arguments) {
        String[] ports = argument.split(":", 2);
        running
            .client()
            .publish(
                "a",
                new PublishedPort(
                    PublishedPort.Protocol.TCP,
                    "",
                    Integer.parseInt(ports[0]),
                    Integer.parseInt(ports[1])));
      }
      System.out.println("up " + pods.of("") + " " + addresses.getLast().replaceAll("/.*", ""));
      System.in.transferTo(java.io.OutputStream.nullOutputStream());
      running.client().shutdown();
      running.ended().join();
    }
  }
}
