package dev.beagle.runtime.lifecycle;

import com.google.protobuf.ByteString;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.SandboxSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The contents of a pod's /etc/hosts, /etc/hostname and /etc/resolv.conf. */
final class SandboxFiles {
  private SandboxFiles() {}

  static Map<String, ByteString> of(SandboxSpec spec, Optional<PodNetwork> network) {
    Map<String, ByteString> files = new LinkedHashMap<>();
    String hostname = hostname(spec);
    files.put("hostname", text(hostname + "\n"));
    files.put("hosts", text(hosts(hostname, network)));
    files.put("resolv.conf", text(resolvConf(spec, network)));
    return files;
  }

  /** What the pod was given, or this host's name, as in containerd. */
  static String hostname(SandboxSpec spec) {
    if (!spec.hostname().isEmpty() && spec.network() != NamespaceMode.NODE) {
      return spec.hostname();
    }
    // Not by the resolver where the kernel can be asked: that may wait for a name server.
    String kernel = read("/proc/sys/kernel/hostname").strip();
    if (!kernel.isEmpty()) {
      return kernel;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException error) {
      return "localhost";
    }
  }

  private static String hosts(String hostname, Optional<PodNetwork> network) {
    if (network.isEmpty()) {
      return read("/etc/hosts");
    }
    StringBuilder text =
        new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    for (PodNetwork.Address address : network.get().addresses()) {
      text.append(address.address().getHostAddress()).append('\t').append(hostname).append('\n');
    }
    return text.toString();
  }

  private static String resolvConf(SandboxSpec spec, Optional<PodNetwork> network) {
    if (spec.dns().isPresent()) {
      return spec.dns().get().resolvConf();
    }
    String host = read("/etc/resolv.conf");
    if (network.isEmpty()) {
      return host;
    }
    // The host's own servers may be on its loopback: the gateway asks them for the pod.
    String others =
        host.lines()
            .filter(line -> line.startsWith("search ") || line.startsWith("options "))
            .collect(Collectors.joining("\n"));
    return Stream.of("nameserver " + network.get().resolver().getHostAddress(), others)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String read(String path) {
    try {
      return Files.readString(Path.of(path), StandardCharsets.UTF_8);
    } catch (IOException error) {
      return "";
    }
  }

  private static ByteString text(String content) {
    return ByteString.copyFromUtf8(content);
  }
}
