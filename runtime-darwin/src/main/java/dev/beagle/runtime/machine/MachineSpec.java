package dev.beagle.runtime.machine;

import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What a machine is made of.
 *
 * @param name appears in names of threads and in messages
 * @param memoryBytes a multiple of 2 MiB
 * @param kernel an arm64 Image, not compressed
 * @param initramfs a cpio archive, as the kernel takes it
 * @param commandLine of the kernel, at most {@value #COMMAND_LINE_BYTES} bytes
 * @param devices in the order of their places on the bus
 */
public record MachineSpec(
    String name,
    int vcpus,
    long memoryBytes,
    Path kernel,
    Path initramfs,
    String commandLine,
    List<DeviceSlot> devices) {
  /** COMMAND_LINE_SIZE of arm64 Linux, with its zero. */
  public static final int COMMAND_LINE_BYTES = 2047;

  public MachineSpec {
    devices = List.copyOf(devices);
    if (vcpus < 1) {
      throw Failure.invalidArgument("machine %s: %d vCPUs".formatted(name, vcpus));
    }
    if (memoryBytes <= 0 || memoryBytes % Layout.BLOCK != 0) {
      throw Failure.invalidArgument(
          "machine %s: %d bytes of memory are no multiple of 2 MiB".formatted(name, memoryBytes));
    }
    if (commandLine.getBytes(StandardCharsets.UTF_8).length > COMMAND_LINE_BYTES) {
      throw Failure.invalidArgument(
          "machine %s: the kernel takes a command line of at most %d bytes"
              .formatted(name, COMMAND_LINE_BYTES));
    }
    if (devices.size() > Layout.MAX_SLOTS) {
      throw Failure.invalidArgument(
          "machine %s: %d devices, there are places for %d"
              .formatted(name, devices.size(), Layout.MAX_SLOTS));
    }
  }
}
