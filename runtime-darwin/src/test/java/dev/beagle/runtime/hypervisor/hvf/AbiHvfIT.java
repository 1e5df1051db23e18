package dev.beagle.runtime.hypervisor.hvf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.runtime.testing.HvSim;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The declarations against a C compiler's view of the same ABI. */
@Tag("hvf")
final class AbiHvfIT {
  private static Map<String, Long> layout() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(HvSim.require("library").built("abi_layout").toString()).start();
    Map<String, Long> numbers = new HashMap<>();
    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> {
          int space = line.lastIndexOf(' ');
          numbers.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
        });
    assertThat(process.waitFor()).isZero();
    return numbers;
  }

  @Test
  void constantsAreThoseOfTheHeader() throws Exception {
    Map<String, Long> header = layout();
    List<Field> constants =
        Arrays.stream(HvfAbi.class.getDeclaredFields())
            .filter(field -> field.getName().startsWith("HV_"))
            .toList();
    assertThat(constants).hasSizeGreaterThan(20);
    for (Field constant : constants) {
      assertThat(header).containsKey(constant.getName());
      assertThat(((Number) constant.get(null)).longValue())
          .as(constant.getName())
          .isEqualTo(header.get(constant.getName()));
    }
  }

  @Test
  void theExitRecordIsLaidOutAsInTheHeader() throws Exception {
    Map<String, Long> header = layout();
    assertThat(header.get("sizeof hv_vcpu_exit_t")).isEqualTo(HvfAbi.EXIT_BYTES);
    assertThat(header.get("offsetof hv_vcpu_exit_t.reason")).isEqualTo(HvfAbi.EXIT_REASON);
    assertThat(header.get("offsetof hv_vcpu_exit_t.exception.syndrome"))
        .isEqualTo(HvfAbi.EXIT_SYNDROME);
    assertThat(header.get("offsetof hv_vcpu_exit_t.exception.physical_address"))
        .isEqualTo(HvfAbi.EXIT_PHYSICAL_ADDRESS);
  }

  @Test
  void scalarsHaveTheWidthsThatTheDeclarationsCountOn() throws Exception {
    Map<String, Long> header = layout();
    Stream.of("hv_return_t", "hv_reg_t", "hv_exit_reason_t")
        .forEach(type -> assertThat(header.get("sizeof " + type)).as(type).isEqualTo(4));
    Stream.of("hv_vcpu_t", "hv_ipa_t", "hv_memory_flags_t", "size_t")
        .forEach(type -> assertThat(header.get("sizeof " + type)).as(type).isEqualTo(8));
    // Travels as int: a Java short would be sign-extended.
    assertThat(header.get("sizeof hv_sys_reg_t")).isEqualTo(2);
    assertThat(header.get("sizeof bool")).isEqualTo(1);
  }

  /** As many arguments of the same widths as in the C declaration. */
  @Test
  void everyFunctionHasTheArgumentsOfTheHeader() throws Exception {
    String header =
        Files.readString(Path.of("hv-sim/include/hv.h")).replaceAll("(?s)/\\*.*?\\*/", " ");
    List<Method> functions =
        Stream.of(HvfAbi.class, HvfAbi.Gic.class)
            .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
            .filter(method -> Modifier.isNative(method.getModifiers()))
            .toList();
    assertThat(functions).hasSizeGreaterThan(20);
    for (Method function : functions) {
      Matcher declaration =
          Pattern.compile("(\\w+) " + function.getName() + "\\(([^)]*)\\);").matcher(header);
      assertThat(declaration.find()).as(function.getName()).isTrue();
      assertThat(carrier(declaration.group(1)))
          .as(function.getName())
          .isEqualTo(function.getReturnType());
      String arguments = declaration.group(2).strip();
      List<Class<?>> expected =
          arguments.equals("void")
              ? List.of()
              : Arrays.stream(arguments.split(",", -1)).<Class<?>>map(AbiHvfIT::carrier).toList();
      assertThat(List.of(function.getParameterTypes())).as(function.getName()).isEqualTo(expected);
    }
  }

  /** The Java type that carries a C type, by the rules that HvfAbi states. */
  private static Class<?> carrier(String declaration) {
    if (declaration.contains("*")) {
      return long.class;
    }
    String type = declaration.strip().replaceAll("\\s.*", "");
    return switch (type) {
      case "void" -> void.class;
      case "hv_return_t", "hv_reg_t", "hv_sys_reg_t", "uint32_t", "bool" -> int.class;
      case "hv_vcpu_t",
          "hv_ipa_t",
          "hv_memory_flags_t",
          "hv_vm_config_t",
          "hv_vcpu_config_t",
          "hv_gic_config_t",
          "size_t",
          "uint64_t" ->
          long.class;
      default -> throw new AssertionError("a type that has no carrier yet: " + declaration);
    };
  }
}
