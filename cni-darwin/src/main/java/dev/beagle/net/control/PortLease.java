package dev.beagle.net.control;

import dev.beagle.net.control.JsonText.JsonObject;
import java.util.List;

/**
 * What an attached port has.
 *
 * @param mac six colon-separated bytes
 * @param addresses {@code ADDRESS/LENGTH}, primary first
 * @param gateway the default route
 * @param resolver where pods ask for names
 * @param mtu in bytes, Ethernet header not counted
 * @param token what the port proves itself with, 32 hexadecimal digits
 */
public record PortLease(
    String name,
    String mac,
    List<String> addresses,
    String gateway,
    String resolver,
    int mtu,
    String token) {
  public PortLease {
    addresses = List.copyOf(addresses);
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("name", name)
        .put("mac", mac)
        .put("addresses", addresses)
        .put("gateway", gateway)
        .put("resolver", resolver)
        .put("mtu", mtu)
        .put("token", token);
  }

  static PortLease fromJson(JsonObject json) {
    return new PortLease(
        json.string("name"),
        json.string("mac"),
        json.strings("addresses"),
        json.string("gateway"),
        json.string("resolver"),
        json.integer("mtu", 576, 65_535),
        json.string("token"));
  }
}
