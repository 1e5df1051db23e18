package dev.beagle.runtime.hypervisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The declarations against a C compiler's view of {@code linux/kvm.h}. */
@EnabledOnOs(
    value = OS.LINUX,
    architectures = "amd64",
    disabledReason = "the declarations are those of x86-64 Linux")
final class KvmAbiIT {
  /** What stands for a size or an offset; constants stand for themselves. */
  private static final Map<String, String> EXPRESSIONS =
      Map.ofEntries(
          Map.entry("RUN_EXIT_REASON", "offsetof(struct kvm_run, exit_reason)"),
          Map.entry("RUN_IO_DIRECTION", "offsetof(struct kvm_run, io.direction)"),
          Map.entry("RUN_IO_SIZE", "offsetof(struct kvm_run, io.size)"),
          Map.entry("RUN_IO_PORT", "offsetof(struct kvm_run, io.port)"),
          Map.entry("RUN_IO_COUNT", "offsetof(struct kvm_run, io.count)"),
          Map.entry("RUN_IO_DATA_OFFSET", "offsetof(struct kvm_run, io.data_offset)"),
          Map.entry("RUN_MMIO_ADDRESS", "offsetof(struct kvm_run, mmio.phys_addr)"),
          Map.entry("RUN_MMIO_DATA", "offsetof(struct kvm_run, mmio.data)"),
          Map.entry("RUN_MMIO_LENGTH", "offsetof(struct kvm_run, mmio.len)"),
          Map.entry("RUN_MMIO_IS_WRITE", "offsetof(struct kvm_run, mmio.is_write)"),
          Map.entry("RUN_INTERNAL_SUBERROR", "offsetof(struct kvm_run, internal.suberror)"),
          Map.entry(
              "RUN_FAIL_ENTRY_REASON",
              "offsetof(struct kvm_run, fail_entry.hardware_entry_failure_reason)"),
          Map.entry("REGS_BYTES", "sizeof(struct kvm_regs)"),
          Map.entry("SREGS_BYTES", "sizeof(struct kvm_sregs)"),
          Map.entry("REGION_BYTES", "sizeof(struct kvm_userspace_memory_region)"),
          Map.entry("REGION_SLOT", "offsetof(struct kvm_userspace_memory_region, slot)"),
          Map.entry("REGION_FLAGS", "offsetof(struct kvm_userspace_memory_region, flags)"),
          Map.entry(
              "REGION_GUEST_ADDRESS",
              "offsetof(struct kvm_userspace_memory_region, guest_phys_addr)"),
          Map.entry("REGION_SIZE", "offsetof(struct kvm_userspace_memory_region, memory_size)"),
          Map.entry(
              "REGION_HOST_ADDRESS",
              "offsetof(struct kvm_userspace_memory_region, userspace_addr)"),
          Map.entry("CPUID_ENTRIES", "offsetof(struct kvm_cpuid2, entries)"),
          Map.entry("CPUID_ENTRY_BYTES", "sizeof(struct kvm_cpuid_entry2)"),
          Map.entry("IRQ_LEVEL_BYTES", "sizeof(struct kvm_irq_level)"),
          Map.entry("SIGNAL_MASK_SET", "offsetof(struct kvm_signal_mask, sigset)"),
          Map.entry("SIGNAL_SET_BYTES", "sizeof(sigset_t)"),
          Map.entry("PROT_READ_WRITE", "PROT_READ | PROT_WRITE"));

  /** Chosen, not declared; or the kernel's own, which its headers do not show to programs. */
  private static final Set<String> OURS = Set.of("SIGNAL", "KERNEL_SIGNAL_SET_BYTES");

  private static String expression(String name) {
    String known = EXPRESSIONS.get(name);
    if (known != null) {
      return known;
    }
    for (Map.Entry<String, String> structure :
        Map.of(
                "SREGS_", "kvm_sregs",
                "REGS_", "kvm_regs",
                "SEGMENT_", "kvm_segment",
                "CPUID_ENTRY_", "kvm_cpuid_entry2")
            .entrySet()) {
      if (name.startsWith(structure.getKey())) {
        String member =
            name.substring(structure.getKey().length()).toLowerCase(java.util.Locale.ROOT);
        return "offsetof(struct %s, %s)".formatted(structure.getValue(), member);
      }
    }
    return name;
  }

  @Test
  void everyNumberIsThatOfTheHeader(@TempDir Path folder) throws Exception {
    List<Field> fields =
        Arrays.stream(KvmAbi.class.getDeclaredFields())
            .filter(field -> !field.isSynthetic() && !OURS.contains(field.getName()))
            .toList();
    assertThat(fields).hasSizeGreaterThan(70);
    Map<String, Long> header = numbers(folder, fields);
    for (Field field : fields) {
      assertThat(((Number) field.get(null)).longValue())
          .as(field.getName())
          .isEqualTo(header.get(field.getName()));
    }
  }

  @Test
  void theSignalIsOneThatNobodyElseUses(@TempDir Path folder) throws Exception {
    String range = compiled(folder, "printf(\"%d %d\\n\", SIGRTMIN, SIGRTMAX);").strip();
    int space = range.indexOf(' ');
    assertThat(KvmAbi.SIGNAL)
        .isBetween(
            Integer.parseInt(range.substring(0, space)),
            Integer.parseInt(range.substring(space + 1)));
  }

  private static Map<String, Long> numbers(Path folder, List<Field> fields) throws Exception {
    String body =
        fields.stream()
            .map(Field::getName)
            .map(name ->
                "printf(\"%s %%lld\\n\", (long long)(%s));".formatted(name, expression(name)))
            .collect(Collectors.joining("\n"));
    Map<String, Long> numbers = new LinkedHashMap<>();
    compiled(folder, body)
        .lines()
        .forEach(line -> {
          int space = line.indexOf(' ');
          numbers.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        });
    return numbers;
  }

  private static String compiled(Path folder, String body) throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("numbers.c"),
            """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <linux/kvm.h>
            #include <signal.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/mman.h>
            int main(void) {
            """
                + body
                + "\nreturn 0; }\n");
    Path program = folder.resolve("numbers");
    run("gcc", "-o", program.toString(), source.toString());
    return run(program.toString());
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
