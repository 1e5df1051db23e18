package dev.beagle.net.control;

import dev.beagle.net.control.JsonText.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * What an attached port does.
 *
 * @param connected whether something is behind it now
 * @param published its ports of the host
 * @param framesIn frames that came from it
 * @param framesOut frames that went to it
 * @param dropped frames that did not, because it was full
 */
public record PortState(
    String name,
    String address,
    boolean connected,
    List<PublishedPort> published,
    long framesIn,
    long framesOut,
    long dropped) {
  public PortState {
    published = List.copyOf(published);
  }

  JsonObject toJson() {
    List<JsonObject> ports = new ArrayList<>();
    published.forEach(port -> ports.add(port.toJson()));
    return new JsonObject()
        .put("name", name)
        .put("address", address)
        .put("connected", connected)
        .put("published", ports)
        .put("frames_in", framesIn)
        .put("frames_out", framesOut)
        .put("dropped", dropped);
  }

  static PortState fromJson(JsonObject json) {
    List<PublishedPort> ports = new ArrayList<>();
    json.objects("published").forEach(port -> ports.add(PublishedPort.fromJson(port)));
    return new PortState(
        json.string("name"),
        json.string("address"),
        json.truth("connected"),
        ports,
        json.number("frames_in"),
        json.number("frames_out"),
        json.number("dropped"));
  }
}
