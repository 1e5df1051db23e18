package dev.beagle.net.testing;

import dev.beagle.net.dns.DnsForwarder;
import dev.beagle.net.dns.ResolverList;
import dev.beagle.net.flow.TimerQueue;
import dev.beagle.net.gateway.Gateway;
import dev.beagle.net.gateway.GatewaySettings;
import dev.beagle.net.link.EthernetSwitch;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.link.SwitchPort.PortIdentity;
import dev.beagle.net.tcp.BufferPool;
import dev.beagle.net.wire.IpAddress;
import dev.beagle.net.wire.IpPrefix;
import dev.beagle.net.wire.MacAddress;
import dev.beagle.testing.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A whole segment in memory, driven by a clock that jumps to the next event. */
public final class SimulatedNetwork {
  public static final IpAddress GATEWAY = IpAddress.parse("10.88.0.1");
  public static final IpAddress OUTSIDE = IpAddress.parse("192.0.2.7");
  static final long GATEWAY_MAC = 0x02BE_0A58_0001L;

  private final ManualTime time = new ManualTime();
  private final TimerQueue timers = new TimerQueue();

  /** Apart, because the gateway's own are counted: a pod's connections linger at its end. */
  private final TimerQueue guestTimers = new TimerQueue();

  private final SwitchCounters counters = new SwitchCounters();
  private final BufferPool pool;
  private final BufferPool guestPool = new BufferPool(1L << 30);
  private final List<RuntimeException> defects = new ArrayList<>();
  private final Random random;
  private final SimulatedHostSockets sockets;
  private final Gateway gateway;
  private final EthernetSwitch ethernet;

  /** A network whose gateway has 256 flows of 256 KiB, and 64 MiB for all. */
  public SimulatedNetwork(long seed, Path resolverFile) {
    this(seed, resolverFile, 256, 64 << 20);
  }

  /** A network with bounds of its own. */
  public SimulatedNetwork(long seed, Path resolverFile, int largestFlows, long bufferBudget) {
    pool = new BufferPool(bufferBudget);
    random = new Random(seed);
    sockets = new SimulatedHostSockets(timers, time::nanos);
    DnsForwarder dns =
        new DnsForwarder(
            sockets,
            timers,
            time::nanos,
            counters,
            new ResolverList(resolverFile, Set.of(GATEWAY)),
            random);
    GatewaySettings settings =
        new GatewaySettings(
            new MacAddress(GATEWAY_MAC),
            GATEWAY,
            IpPrefix.parse("10.88.0.0/16"),
            1500,
            largestFlows,
            256 << 10,
            random.nextLong(),
            random.nextInt());
    gateway =
        new Gateway(settings, sockets, timers, time::nanos, pool, counters, this::defect, dns);
    ethernet = new EthernetSwitch(settings.mac(), GATEWAY, gateway, counters, time::nanos);
  }

  private void defect(RuntimeException defect) {
    counters.increment(SwitchCounters.Counter.DEFECTS);
    defects.add(defect);
  }

  /** Exceptions that nobody foresaw. */
  public List<RuntimeException> defects() {
    return defects;
  }

  /** A pod behind a link. */
  public SimulatedGuest guest(String address, FaultyLink.Faults faults) {
    IpAddress ip = IpAddress.parse(address);
    MacAddress mac = new MacAddress(0x02BE_0000_0000L | (ip.ipv4() & 0xFFFF_FFFFL));
    return new SimulatedGuest(
        this,
        ethernet.attach(new PortIdentity(address, mac, List.of(ip), false)),
        faults,
        random.nextLong());
  }

  public long now() {
    return time.nanos();
  }

  public TimerQueue timers() {
    return timers;
  }

  TimerQueue guestTimers() {
    return guestTimers;
  }

  public SwitchCounters counters() {
    return counters;
  }

  public SimulatedHostSockets sockets() {
    return sockets;
  }

  public Gateway gateway() {
    return gateway;
  }

  public EthernetSwitch ethernet() {
    return ethernet;
  }

  /** Bytes that the switch's flows hold. */
  public long heldBytes() {
    return pool.lentBytes();
  }

  BufferPool guestPool() {
    return guestPool;
  }

  /** Runs event after event until it is so; false if that takes longer than allowed. */
  public boolean runUntil(BooleanSupplier done, Duration allowed) {
    long end = time.nanos() + allowed.toNanos();
    while (!done.getAsBoolean()) {
      long next = Math.min(timers.next(), guestTimers.next());
      if (next > end) {
        time.advance(Duration.ofNanos(end - time.nanos()));
        return false;
      }
      time.advance(Duration.ofNanos(Math.max(0, next - time.nanos())));
      timers.run(time.nanos());
      guestTimers.run(time.nanos());
    }
    return true;
  }

  /** Lets time pass with everything that happens in it. */
  public void pass(Duration duration) {
    runUntil(() -> false, duration);
  }
}
