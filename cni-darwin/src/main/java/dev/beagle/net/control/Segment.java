package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.net.control.JsonText.JsonObject;
import dev.beagle.net.control.SwitchRecords.PortRecord;
import dev.beagle.net.control.SwitchRecords.Written;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.gateway.Gateway;
import dev.beagle.net.ipam.AddressPool;
import dev.beagle.net.link.EthernetSwitch;
import dev.beagle.net.link.SwitchPort;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.MacAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The ports of a segment with their addresses and published ports, and the record of them. Every
 * change is idempotent and written down before it is answered, or as soon as the disk lets us where
 * something was taken away. Confined to the segment's thread.
 */
final class Segment {
  /** The port that is the host itself; pods cannot open flows to it. */
  static final String HOST = "host";

  private static final int LONGEST_NAME = 128;

  /** What a port may hold in buffers is bounded for each, so their number is too. */
  private static final int MOST_PORTS = 1024;

  private static final long RETRY_NANOS = 1_000_000_000L;

  private final SwitchSettings settings;
  private final EthernetSwitch ethernet;
  private final Gateway gateway;
  private final SwitchRecords records;
  private final RandomGenerator random;
  private final AddressPool pool;
  private final TimerQueue.Timer retry;
  private final TimerQueue.Timer rewrite;
  private final LongSupplier clock;
  private final Map<String, Attached> ports = new TreeMap<>();
  private final Consumer<String> warnings;
  private boolean behind;

  /**
   * @param warnings is told of damaged records that were set aside, and of records that cannot be
   *     written
   */
  Segment(
      SwitchSettings settings,
      EthernetSwitch ethernet,
      Gateway gateway,
      TimerQueue timers,
      LongSupplier clock,
      RandomGenerator random,
      Consumer<String> warnings) {
    this.settings = settings;
    this.ethernet = ethernet;
    this.gateway = gateway;
    this.records = new SwitchRecords(settings.stateFile());
    this.random = random;
    this.clock = clock;
    this.warnings = warnings;
    this.pool = new AddressPool(settings.podRange());
    this.retry = timers.timer(this::reopen);
    this.rewrite = timers.timer(this::writeInTheEnd);
  }

  /** A port with all that was agreed about it. */
  static final class Attached {
    private final SwitchPort port;
    private final PortLease lease;
    private final Set<PublishedPort> published = new LinkedHashSet<>();
    private final Set<PublishedPort> notOpen = new LinkedHashSet<>();

    Attached(SwitchPort port, PortLease lease) {
      this.port = port;
      this.lease = lease;
    }

    SwitchPort port() {
      return port;
    }

    String token() {
      return lease.token();
    }
  }

  /** The MAC address that goes with an address of the segment: the same for as long as it lives. */
  static MacAddress macOf(IpAddress address) {
    return new MacAddress(0x02BE_0000_0000L | (address.ipv4() & 0xFFFF_FFFFL));
  }

  /**
   * Takes over what a predecessor wrote down; listeners that cannot be opened now are tried again.
   *
   * @throws Failure INVALID_ARGUMENT if it was written for another range
   */
  void restore() {
    Written written = records.read(pool.prefix().toString(), warnings);
    if (!written.range().equals(pool.prefix().toString()) && !written.ports().isEmpty()) {
      throw Failure.invalidArgument(
          settings.stateFile()
              + " has pods in "
              + written.range()
              + ": remove them before the pod"
              + " range becomes "
              + pool.prefix());
    }
    Map<String, IpAddress> leases = new TreeMap<>();
    for (PortRecord port : written.ports()) {
      if (!port.name().equals(HOST)) {
        leases.put(port.name(), IpAddress.parse(port.address()));
      }
    }
    pool.restore(leases, written.nextAddress());
    for (PortRecord port : written.ports()) {
      Attached attached = add(port.name(), IpAddress.parse(port.address()), port.token());
      attached.published.addAll(port.published());
      attached.notOpen.addAll(port.published());
    }
    reopen();
  }

  private void reopen() {
    boolean missing = false;
    for (Attached attached : ports.values()) {
      for (PublishedPort wanted : List.copyOf(attached.notOpen)) {
        try {
          gateway.forwards().open(wanted.listening(), attached.port, wanted.podPort());
          attached.notOpen.remove(wanted);
        } catch (Failure taken) {
          missing = true;
        }
      }
    }
    retry.arm(missing ? clock.getAsLong() + RETRY_NANOS : TimerQueue.NEVER);
  }

  PortLease attach(String name) {
    Attached known = ports.get(name);
    if (known != null) {
      return known.lease;
    }
    checkName(name);
    if (ports.size() >= MOST_PORTS) {
      throw Failure.exhausted(
          "the switch has "
              + MOST_PORTS
              + " ports, and port "
              + name
              + " would be one more: remove pods");
    }
    IpAddress address = name.equals(HOST) ? pool.host() : pool.lease(name);
    byte[] token = new byte[16];
    random.nextBytes(token);
    Attached attached = add(name, address, HexFormat.of().formatHex(token));
    try {
      write();
    } catch (Failure notWritten) {
      remove(attached);
      throw notWritten;
    }
    return attached.lease;
  }

  private static void checkName(String name) {
    boolean good = !name.isEmpty() && name.length() <= LONGEST_NAME && name.charAt(0) != '-';
    for (int i = 0; good && i < name.length(); i++) {
      char letter = name.charAt(i);
      good = letter < 0x80 && (Character.isLetterOrDigit(letter) || "_.-".indexOf(letter) >= 0);
    }
    if (!good) {
      throw Failure.invalidArgument(
          "port name '" + name + "': up to 128 of a-z A-Z 0-9 _ . - were expected");
    }
  }

  private Attached add(String name, IpAddress address, String token) {
    MacAddress mac = macOf(address);
    SwitchPort port =
        ethernet.attach(
            new SwitchPort.PortIdentity(name, mac, List.of(address), name.equals(HOST)));
    PortLease lease =
        new PortLease(
            name,
            mac.toString(),
            List.of(address + "/" + pool.prefix().length()),
            pool.gateway().toString(),
            pool.gateway().toString(),
            settings.mtu(),
            token);
    Attached attached = new Attached(port, lease);
    ports.put(name, attached);
    return attached;
  }

  /** Ends the port's flows, frees its address and its ports of the host. */
  void detach(String name) {
    Attached attached = ports.get(name);
    if (attached != null) {
      remove(attached);
      writeInTheEnd();
    }
  }

  private void remove(Attached attached) {
    ports.remove(attached.lease.name());
    attached.published.forEach(each -> gateway.forwards().close(each.listening(), attached.port));
    gateway.endFlows(attached.port);
    ethernet.detach(attached.port);
    pool.release(attached.lease.name());
    attached.port.close();
  }

  /** Detaches all but these; the host interface's port stays. */
  void retain(Set<String> names) {
    boolean changed = false;
    for (Attached attached : List.copyOf(ports.values())) {
      String name = attached.lease.name();
      if (!names.contains(name) && !name.equals(HOST)) {
        remove(attached);
        changed = true;
      }
    }
    if (changed) {
      writeInTheEnd();
    }
  }

  void publish(String name, PublishedPort wanted) {
    Attached attached = require(name);
    if (attached.published.contains(wanted) && !attached.notOpen.contains(wanted)) {
      return;
    }
    gateway.forwards().open(wanted.listening(), attached.port, wanted.podPort());
    attached.notOpen.remove(wanted);
    attached.published.add(wanted);
    write();
  }

  void unpublish(String name, PublishedPort wanted) {
    Attached attached = ports.get(name);
    if (attached != null && attached.published.remove(wanted)) {
      attached.notOpen.remove(wanted);
      gateway.forwards().close(wanted.listening(), attached.port);
      writeInTheEnd();
    }
  }

  private Attached require(String name) {
    Attached attached = ports.get(name);
    if (attached == null) {
      throw Failure.notFound("port", name);
    }
    return attached;
  }

  /** The port that proves itself so, for what connects to the socket of ports. */
  Attached authenticate(String name, String token) {
    Attached attached = require(name);
    byte[] expected = attached.token().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    byte[] given = token.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    if (!java.security.MessageDigest.isEqual(expected, given)) {
      throw Failure.unauthenticated("port " + name + ": wrong token");
    }
    return attached;
  }

  List<PortState> list() {
    List<PortState> list = new ArrayList<>();
    for (Attached attached : ports.values()) {
      SwitchPort port = attached.port;
      list.add(
          new PortState(
              port.name(),
              port.addresses().getFirst().toString(),
              port.isConnected(),
              List.copyOf(attached.published),
              port.framesIn(),
              port.framesOut(),
              port.dropped()));
    }
    return list;
  }

  JsonObject describe() {
    return new JsonObject()
        .put("range", pool.prefix().toString())
        .put("gateway", pool.gateway().toString())
        .put("ports", (long) ports.size());
  }

  /** What was taken away is gone, whatever the disk says: a full one learns of it later. */
  private void writeInTheEnd() {
    try {
      write();
      rewrite.arm(TimerQueue.NEVER);
      if (behind) {
        behind = false;
        warnings.accept("records are written again");
      }
    } catch (Failure notWritten) {
      if (!behind) { // Once, not each second: the disk may be full of logs.
        behind = true;
        warnings.accept(
            notWritten.reason()
                + ": tried again each second; a successor would still have what was taken away");
      }
      rewrite.arm(clock.getAsLong() + RETRY_NANOS);
    }
  }

  private void write() {
    List<PortRecord> written = new ArrayList<>();
    for (Attached attached : ports.values()) {
      written.add(
          new PortRecord(
              attached.lease.name(),
              attached.port.addresses().getFirst().toString(),
              attached.token(),
              List.copyOf(attached.published)));
    }
    records.write(new Written(pool.prefix().toString(), pool.next(), written));
  }
}
