package dev.beagle.runtime.oci;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.EnvironmentVariable;
import dev.beagle.runtime.pod.ResolvedProcess;
import dev.beagle.runtime.pod.RootFilesystem;
import dev.beagle.runtime.pod.RootFilesystem.ImageDefaults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merges what a client left open with what the image says (containerd's rules). */
public final class ProcessResolution {
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private ProcessResolution() {}

  /**
   * @param hostname for HOSTNAME
   * @throws Failure INVALID_ARGUMENT for no command, an unknown user, group or signal
   */
  public static ResolvedProcess resolve(ContainerSpec spec, RootFilesystem root, String hostname) {
    ImageDefaults image = root.defaults();
    ImageUsers.Resolved user = ImageUsers.of(root).resolve(spec.security(), image.user());
    String signal = spec.stopSignal().isEmpty() ? image.stopSignal() : spec.stopSignal();
    return new ResolvedProcess(
        arguments(spec, image),
        environment(spec, image, hostname),
        workingDirectory(spec, image),
        user.uid(),
        user.gid(),
        user.groups(),
        signal.isEmpty() ? Signals.SIGTERM : Signals.number(signal));
  }

  private static List<String> arguments(ContainerSpec spec, ImageDefaults image) {
    List<String> all = new ArrayList<>();
    if (!spec.command().isEmpty()) {
      all.addAll(spec.command());
      all.addAll(spec.args());
    } else {
      if (!image.entrypoint().equals(List.of(""))) {
        all.addAll(image.entrypoint());
      }
      all.addAll(spec.args().isEmpty() ? image.command() : spec.args());
    }
    if (all.isEmpty()) {
      throw Failure.invalidArgument(
          "no command specified: neither the container nor image " + spec.imageName() + " has one");
    }
    return all;
  }

  private static List<String> environment(
      ContainerSpec spec, ImageDefaults image, String hostname) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("PATH", PATH);
    if (spec.tty()) {
      variables.put("TERM", "xterm");
    }
    variables.put("HOSTNAME", hostname);
    for (String variable : image.environment()) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        variables.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    for (EnvironmentVariable variable : spec.environment()) {
      variables.put(variable.key(), variable.value());
    }
    return variables.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  private static String workingDirectory(ContainerSpec spec, ImageDefaults image) {
    if (!spec.workingDirectory().isEmpty()) {
      return spec.workingDirectory();
    }
    return image.workingDirectory().isEmpty() ? "/" : image.workingDirectory();
  }
}
