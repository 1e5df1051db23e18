package dev.beagle.runtime.launch;

import dev.beagle.failure.Failure;
import dev.beagle.runtime.machine.DeviceSlot;
import dev.beagle.runtime.machine.MachineSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a machine process is told, all by its arguments.
 *
 * @param folder of the machine alone
 * @param scratch image of the disk that containers write to; it is the machine's alone
 * @param library that exports the ABI of Hypervisor.framework; the framework itself where empty
 */
public record MachineSettings(
    Path folder,
    String name,
    int vcpus,
    long memoryBytes,
    Path kernel,
    Path initramfs,
    String commandLine,
    Optional<Path> scratch,
    Optional<Path> library) {

  MachineFolder files() {
    return new MachineFolder(folder);
  }

  MachineSpec spec(List<DeviceSlot> devices) {
    return new MachineSpec(name, vcpus, memoryBytes, kernel, initramfs, commandLine, devices);
  }

  List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--folder", folder.toString(), "--name", name));
    arguments.addAll(List.of("--vcpus", Integer.toString(vcpus)));
    arguments.addAll(List.of("--memory", Long.toString(memoryBytes)));
    arguments.addAll(List.of("--kernel", kernel.toString()));
    arguments.addAll(List.of("--initramfs", initramfs.toString()));
    arguments.addAll(List.of("--command-line", commandLine));
    scratch.ifPresent(file -> arguments.addAll(List.of("--scratch", file.toString())));
    library.ifPresent(file -> arguments.addAll(List.of("--library", file.toString())));
    return arguments;
  }

  /**
   * @throws Failure INVALID_ARGUMENT naming what is missing or wrong
   */
  static MachineSettings fromArguments(String[] arguments) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int at = 0; at < arguments.length; at += 2) {
      if (!arguments[at].startsWith("--") || at + 1 == arguments.length) {
        throw Failure.invalidArgument(
            "argument %s: an option with a value".formatted(arguments[at]));
      }
      values.put(arguments[at].substring(2), arguments[at + 1]);
    }
    Optional<Path> scratch = Optional.ofNullable(values.remove("scratch")).map(Path::of);
    Optional<Path> library = Optional.ofNullable(values.remove("library")).map(Path::of);
    try {
      MachineSettings settings =
          new MachineSettings(
              Path.of(take(values, "folder")),
              take(values, "name"),
              Integer.parseInt(take(values, "vcpus")),
              Long.parseLong(take(values, "memory")),
              Path.of(take(values, "kernel")),
              Path.of(take(values, "initramfs")),
              take(values, "command-line"),
              scratch,
              library);
      if (!values.isEmpty()) {
        throw Failure.invalidArgument("unknown options " + values.keySet());
      }
      return settings;
    } catch (NumberFormatException error) {
      throw Failure.invalidArgument("no number: " + error.getMessage());
    }
  }

  private static String take(Map<String, String> values, String name) {
    String value = values.remove(name);
    if (value == null) {
      throw Failure.invalidArgument("option --%s is missing".formatted(name));
    }
    return value;
  }
}
