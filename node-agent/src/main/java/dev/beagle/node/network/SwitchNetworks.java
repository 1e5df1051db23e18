package dev.beagle.node.network;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.PortLease;
import dev.beagle.net.control.PublishedPort;
import dev.beagle.net.control.SwitchClient;
import dev.beagle.runtime.pod.PodNetwork;
import dev.beagle.runtime.pod.PodNetworks;
import dev.beagle.runtime.pod.PortMapping;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.net.InetAddress;
import java.util.Set;
import java.util.stream.Collectors;

/** Pod networks on the switch: a port per sandbox, named by its id. Thread-safe. */
public final class SwitchNetworks implements PodNetworks {
  private final SwitchClient client;

  public SwitchNetworks(SwitchClient client) {
    this.client = client;
  }

  @Override
  public PodNetwork attach(SandboxId id, SandboxSpec spec) {
    PodNetwork network = network(client.attach(id.value()), client);
    try {
      for (PortMapping mapping : spec.ports()) {
        client.publish(id.value(), published(mapping));
      }
      return network;
    } catch (Failure failure) {
      detach(id);
      throw failure;
    }
  }

  private static PublishedPort published(PortMapping mapping) {
    return new PublishedPort(
        switch (mapping.protocol()) {
          case TCP -> PublishedPort.Protocol.TCP;
          case UDP -> PublishedPort.Protocol.UDP;
        },
        mapping.hostAddress(),
        mapping.hostPort(),
        mapping.containerPort());
  }

  static PodNetwork network(PortLease lease, SwitchClient client) {
    return new PodNetwork(
        lease.mac(),
        lease.mtu(),
        lease.addresses().stream().map(SwitchNetworks::prefix).toList(),
        literal(lease.gateway()),
        literal(lease.resolver()),
        client.portSocket(),
        lease.name(),
        lease.token());
  }

  /** {@code ADDRESS/LENGTH}. */
  static PodNetwork.Address prefix(String text) {
    int slash = text.indexOf('/');
    return new PodNetwork.Address(
        literal(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  private static InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException wrong) {
      throw Failure.internal("the switch gave an address that is none: " + text, wrong);
    }
  }

  @Override
  public void detach(SandboxId id) {
    client.detach(id.value());
  }

  @Override
  public void retain(Set<SandboxId> known) {
    client.retain(known.stream().map(SandboxId::value).collect(Collectors.toSet()));
  }

  @Override
  public String problem() {
    try {
      client.status();
      return "";
    } catch (Failure failure) {
      return failure.reason();
    }
  }
}
