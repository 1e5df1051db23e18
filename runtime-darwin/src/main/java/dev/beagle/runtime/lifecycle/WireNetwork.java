package dev.beagle.runtime.lifecycle;

import com.google.protobuf.ByteString;
import dev.beagle.runtime.guest.wire.Address;
import dev.beagle.runtime.guest.wire.Interface;
import dev.beagle.runtime.pod.PodNetwork;
import java.util.HexFormat;

/** A pod's network as the agent's protocol says it. */
public final class WireNetwork {
  private WireNetwork() {}

  /**
   * @param name of the interface
   * @param defaultRoute whether everything else goes by the gateway; only the pods' network when
   *     not
   */
  public static Interface of(String name, PodNetwork network, boolean defaultRoute) {
    Interface.Builder wire =
        Interface.newBuilder()
            .setName(name)
            .setMac(ByteString.copyFrom(HexFormat.ofDelimiter(":").parseHex(network.mac())))
            .setMtu(network.mtu())
            .setPortName(network.portName())
            .setPortToken(network.token());
    network.addresses().forEach(address -> wire.addAddresses(address(address)));
    if (defaultRoute) {
      wire.addGateways(ByteString.copyFrom(network.gateway().getAddress()));
    }
    return wire.build();
  }

  private static Address address(PodNetwork.Address address) {
    return Address.newBuilder()
        .setAddress(ByteString.copyFrom(address.address().getAddress()))
        .setPrefixLength(address.prefixLength())
        .build();
  }
}
