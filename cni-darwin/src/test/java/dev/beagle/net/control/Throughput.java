package dev.beagle.net.control;

import dev.beagle.time.Time;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Prints what goes through the switch between real TAPs, by iperf3. By hand, as root: {@code java
 * -cp … dev.beagle.net.control.Throughput} in this module's folder.
 */
final class Throughput {
  private Throughput() {}

  /** Takes the seconds of each run; 3 if not said. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    String seconds = arguments.length > 0 ? arguments[0] : "3";
    Path folder = Files.createTempDirectory("swt");
    SwitchSettings settings = SwitchSettings.inFolder(folder.resolve("s"));
    try (KernelPods pods = new KernelPods(folder)) {
      SwitchProcess running =
          SwitchProcess.ensure(
              settings,
              pods.in("host", SwitchProcessIT.command()),
              Time.system(),
              System.err::println);
      for (String name : List.of("a", "b")) {
        pods.join(running.client().attach(name), settings.portSocket());
      }
      pods.start("out", "iperf3", "-s");
      pods.start("b", "iperf3", "-s");
      pods.start("a", "iperf3", "-s");
      running.client().publish("a", new PublishedPort(PublishedPort.Protocol.TCP, "", 5202, 5201));
      measureFrom(pods, "host", "no switch: veth", "192.0.2.2", "-t", seconds);
      measureFrom(
          pods, "out", "outside to pod by host port", "192.0.2.1", "-p", "5202", "-t", seconds);
      measure(pods, "pod to outside", "192.0.2.2", "-t", seconds);
      measure(pods, "outside to pod", "192.0.2.2", "-t", seconds, "-R");
      measure(pods, "pod to outside, 8 flows", "192.0.2.2", "-t", seconds, "-P", "8");
      measure(pods, "outside to pod, 8 flows", "192.0.2.2", "-t", seconds, "-P", "8", "-R");
      measure(pods, "pod to pod", "10.88.0.5", "-t", seconds);
      measure(pods, "UDP 1400 bytes up", "192.0.2.2", "-t", seconds, "-u", "-b", "0", "-l", "1400");
      System.out.println(running.client().status().numbers());
      running.client().shutdown();
      running.ended().join();
    }
  }

  private static void measure(KernelPods pods, String what, String server, String... options)
      throws IOException, InterruptedException {
    measureFrom(pods, "a", what, server, options);
  }

  private static void measureFrom(
      KernelPods pods, String from, String what, String server, String... options)
      throws IOException, InterruptedException {
    String command =
        "for i in 1 2 3 4 5; do iperf3 --connect-timeout 1000 -f g -c "
            + server
            + " "
            + String.join(" ", options)
            + " && break; sleep 0.3; done | grep receiver | tail -1";
    System.out.println(what + ": " + pods.run(from, "sh", "-c", command).out().strip());
  }
}
