package dev.beagle.runtime.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * JNA looks all functions of a class up at once: one that a Mac lacks would cost it the whole
 * class.
 */
final class MacSymbolsTest {
  /** Exported by libSystem of macOS 11 and later under these names, on arm64. */
  private static final Set<String> EXPORTED =
      Set.of(
          "close",
          "closedir",
          "connect",
          "fdopendir",
          "flock",
          "fstat",
          "fstatat",
          "fsync",
          "lseek",
          "mmap",
          "munmap",
          "open",
          "openat",
          "pread",
          "preadv",
          "pwritev",
          "read",
          "readdir",
          "readlinkat",
          "sendmsg",
          "setsockopt",
          "socket",
          "statvfs");

  @ParameterizedTest
  @ValueSource(strings = {"PosixAbi", "FileAbi", "MemoryAbi", "HostFiles$DarwinStat"})
  void aMacHasEveryFunctionOfTheClass(String name) throws ClassNotFoundException {
    Class<?> abi =
        Class.forName(getClass().getPackageName() + "." + name, false, getClass().getClassLoader());

    assertThat(Arrays.stream(abi.getDeclaredMethods()))
        .filteredOn(method -> Modifier.isNative(method.getModifiers()))
        .isNotEmpty()
        .extracting(Method::getName)
        .isSubsetOf(EXPORTED);
  }
}
