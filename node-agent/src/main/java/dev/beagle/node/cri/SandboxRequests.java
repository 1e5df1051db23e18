package dev.beagle.node.cri;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.beagle.cri.v1.DNSConfig;
import dev.beagle.cri.v1.LinuxPodSandboxConfig;
import dev.beagle.cri.v1.NamespaceOption;
import dev.beagle.cri.v1.PodSandboxConfig;
import dev.beagle.cri.v1.PodSandboxMetadata;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.runtime.pod.DnsConfig;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Owner;
import dev.beagle.runtime.pod.PortMapping;
import dev.beagle.runtime.pod.SandboxName;
import dev.beagle.runtime.pod.SandboxSpec;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** RunPodSandbox requests as specs of the core. */
final class SandboxRequests {
  /** What sethostname(2) takes. */
  private static final int MAX_HOSTNAME_BYTES = 64;

  private static final Pattern SYSCTL = Pattern.compile("[a-zA-Z0-9_-]+([./][a-zA-Z0-9_-]+)+");
  private static final Pattern IPC_SYSCTL =
      Pattern.compile("kernel[./](shm|msg)[a-z_]+|kernel[./]sem|fs[./]mqueue[./].+");

  private SandboxRequests() {}

  /**
   * Translates a request.
   *
   * @throws dev.beagle.failure.Failure INVALID_ARGUMENT for what cannot be honoured, by field path
   */
  static SandboxSpec spec(RunPodSandboxRequest request, Owner owner) {
    CriFields.RUN_POD_SANDBOX.check(request);
    PodSandboxConfig config = request.getConfig();
    LinuxPodSandboxConfig linux = config.getLinux();
    NamespaceOption namespaces = linux.getSecurityContext().getNamespaceOptions();
    checkUserNamespace("config.linux.security_context.namespace_options", namespaces);
    NamespaceMode network = podOrNode("network", namespaces.getNetwork());
    NamespaceMode ipc = podOrNode("ipc", namespaces.getIpc());
    return new SandboxSpec(
        name(config),
        owner,
        request.getRuntimeHandler(),
        network == NamespaceMode.NODE ? "" : hostname(config.getHostname()),
        config.hasDnsConfig() ? Optional.of(dns(config.getDnsConfig())) : Optional.empty(),
        network == NamespaceMode.NODE ? List.of() : ports(config),
        network,
        pid(namespaces),
        ipc,
        config.getLabelsMap(),
        config.getAnnotationsMap(),
        Fields.absoluteOrEmpty("config.log_directory", config.getLogDirectory()),
        Fields.absoluteOrEmpty("config.linux.cgroup_parent", linux.getCgroupParent()),
        sysctls(linux.getSysctlsMap(), network, ipc),
        linux.getSecurityContext().getPrivileged());
  }

  /** Pods have no user namespace of their own yet; NODE says just that. */
  static void checkUserNamespace(String path, NamespaceOption namespaces) {
    if (namespaces.hasUsernsOptions()
        && namespaces.getUsernsOptions().getMode() != dev.beagle.cri.v1.NamespaceMode.NODE) {
      throw Fields.refused(
          path + ".userns_options.mode",
          namespaces.getUsernsOptions().getMode()
              + " is not supported, pods have no user namespace yet; leave out hostUsers: false");
    }
  }

  private static SandboxName name(PodSandboxConfig config) {
    if (!config.hasMetadata()) {
      throw Fields.refused("config.metadata", "is missing");
    }
    PodSandboxMetadata metadata = config.getMetadata();
    return new SandboxName(
        Fields.required("config.metadata.name", metadata.getName()),
        Fields.required("config.metadata.namespace", metadata.getNamespace()),
        Fields.required("config.metadata.uid", metadata.getUid()),
        metadata.getAttempt());
  }

  private static String hostname(String hostname) {
    if (hostname.isEmpty()) {
      return hostname;
    }
    Fields.word("config.hostname", hostname);
    if (hostname.getBytes(UTF_8).length > MAX_HOSTNAME_BYTES) {
      throw Fields.refused("config.hostname", "longer than " + MAX_HOSTNAME_BYTES + " bytes");
    }
    return hostname;
  }

  private static DnsConfig dns(DNSConfig dns) {
    dns.getServersList().forEach(server -> Fields.word("config.dns_config.servers", server));
    dns.getSearchesList().forEach(search -> Fields.word("config.dns_config.searches", search));
    dns.getOptionsList().forEach(option -> Fields.word("config.dns_config.options", option));
    return new DnsConfig(dns.getServersList(), dns.getSearchesList(), dns.getOptionsList());
  }

  private static List<PortMapping> ports(PodSandboxConfig config) {
    List<PortMapping> ports = new ArrayList<>();
    for (int index = 0; index < config.getPortMappingsCount(); index++) {
      PortMapping port = port("config.port_mappings[" + index + "]", config.getPortMappings(index));
      if (port != null) {
        ports.add(port);
      }
    }
    return ports;
  }

  private static @Nullable PortMapping port(String path, dev.beagle.cri.v1.PortMapping mapping) {
    if (mapping.getHostPort() <= 0) {
      return null;
    }
    PortMapping.Protocol protocol =
        switch (mapping.getProtocol()) {
          case TCP -> PortMapping.Protocol.TCP;
          case UDP -> PortMapping.Protocol.UDP;
          case SCTP, UNRECOGNIZED ->
              throw Fields.refused(
                  path + ".protocol", mapping.getProtocol() + " cannot be published; use TCP, UDP");
        };
    Fields.between(path + ".container_port", mapping.getContainerPort(), 1, 0xFFFF);
    Fields.between(path + ".host_port", mapping.getHostPort(), 1, 0xFFFF);
    if (!mapping.getHostIp().isEmpty()) {
      checkAddress(path + ".host_ip", mapping.getHostIp());
    }
    return new PortMapping(
        protocol, mapping.getContainerPort(), mapping.getHostPort(), mapping.getHostIp());
  }

  private static void checkAddress(String path, String address) {
    try {
      InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException notLiteral) {
      throw Fields.refused(path, "\"" + address + "\" is not an IP address");
    }
  }

  private static NamespaceMode podOrNode(String kind, dev.beagle.cri.v1.NamespaceMode mode) {
    return switch (mode) {
      case POD -> NamespaceMode.POD;
      case NODE -> NamespaceMode.NODE;
      case CONTAINER, TARGET, UNRECOGNIZED ->
          throw Fields.refused(
              "config.linux.security_context.namespace_options." + kind,
              mode + " is not possible; POD or NODE");
    };
  }

  private static NamespaceMode pid(NamespaceOption namespaces) {
    return switch (namespaces.getPid()) {
      case POD -> NamespaceMode.POD;
      case CONTAINER -> NamespaceMode.CONTAINER;
      case NODE -> NamespaceMode.NODE;
      case TARGET, UNRECOGNIZED ->
          throw Fields.refused(
              "config.linux.security_context.namespace_options.pid",
              namespaces.getPid() + " is not possible for a sandbox; POD, CONTAINER or NODE");
    };
  }

  /** Only what a namespace of the pod's own keeps from the rest of the node. */
  private static Map<String, String> sysctls(
      Map<String, String> sysctls, NamespaceMode network, NamespaceMode ipc) {
    for (String name : sysctls.keySet()) {
      String path = "config.linux.sysctls[" + name + "]";
      if (!SYSCTL.matcher(name).matches()) {
        throw Fields.refused(path, "not the name of a sysctl");
      }
      boolean ofNetwork = name.startsWith("net.") || name.startsWith("net/");
      boolean ofIpc = IPC_SYSCTL.matcher(name).matches();
      if (!ofNetwork && !ofIpc) {
        throw Fields.refused(path, "is not kept in a namespace; set it on the node");
      }
      if ((ofNetwork ? network : ipc) == NamespaceMode.NODE) {
        throw Fields.refused(path, "would change the node, whose namespace the pod uses");
      }
    }
    return sysctls;
  }
}
