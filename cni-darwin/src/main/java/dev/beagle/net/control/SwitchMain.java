package dev.beagle.net.control;

import dev.beagle.failure.Failure;
import dev.beagle.host.LockHolder;
import dev.beagle.net.dns.DnsForwarder;
import dev.beagle.net.dns.ResolverList;
import dev.beagle.net.gateway.Gateway;
import dev.beagle.net.gateway.GatewaySettings;
import dev.beagle.net.ipam.AddressPool;
import dev.beagle.net.link.EthernetSwitch;
import dev.beagle.net.link.SwitchCounters;
import dev.beagle.net.loop.EventLoop;
import dev.beagle.net.loop.NioHostSockets;
import dev.beagle.net.tcp.BufferPool;
import dev.beagle.time.Time;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;

/**
 * The switch as a process: one thread, one segment. Its folder is locked, so that there is never a
 * second one; what a predecessor left in it is taken over.
 */
public final class SwitchMain {
  private static final long FLOW_BUFFERS = 256L << 20;
  private static final int FLOW_BUFFER = 1 << 20;
  private static final int BACKLOG = 512;
  private static final int LONGEST_PATH = 103;

  private SwitchMain() {}

  /** Options: {@code --folder DIR [--pods RANGE] [--mtu N] [--resolv-conf FILE]}. */
  public static void main(String[] arguments) {
    try {
      SwitchSettings settings = SwitchSettings.fromArguments(arguments);
      run(settings);
    } catch (Failure failure) {
      System.err.println("switch: " + failure.reason());
      System.exit(2);
    } catch (IOException error) {
      System.err.println("switch: " + error);
      System.exit(1);
    }
  }

  private static void run(SwitchSettings settings) throws IOException {
    prepareFolder(settings.folder());
    try (FileChannel lockFile =
            FileChannel.open(
                settings.lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(lockFile, settings)) {
      tell(lockFile);
      serve(settings);
      lock.release();
    }
  }

  /** Without it this process cannot be ended when it hangs, which is no reason not to serve. */
  private static void tell(FileChannel lockFile) {
    try {
      LockHolder.self().write(lockFile);
    } catch (IOException | Failure error) {
      System.err.println("switch: it is not recorded who holds the lock: " + error.getMessage());
    }
  }

  private static void prepareFolder(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    if (folder.resolve("control.sock").toString().length() > LONGEST_PATH) {
      throw Failure.invalidArgument(
          "folder " + folder + " is too long a path for a socket; use one of up to 90 characters");
    }
  }

  private static FileLock lock(FileChannel file, SwitchSettings settings) throws IOException {
    FileLock lock = file.tryLock();
    if (lock == null) {
      throw Failure.wrongState("another switch serves " + settings.folder());
    }
    return lock;
  }

  private static void serve(SwitchSettings settings) throws IOException {
    SwitchCounters counters = new SwitchCounters();
    DefectLog defects = new DefectLog(counters);
    try (EventLoop loop = new EventLoop(Time.system(), defects)) {
      SecureRandom random = new SecureRandom();
      AddressPool addresses = new AddressPool(settings.podRange());
      NioHostSockets sockets = new NioHostSockets(loop);
      DnsForwarder dns =
          new DnsForwarder(
              sockets,
              loop.timers(),
              loop::now,
              counters,
              new ResolverList(settings.resolverFile(), Set.of(addresses.gateway())),
              random);
      GatewaySettings gatewaySettings =
          new GatewaySettings(
              Segment.macOf(addresses.gateway()),
              addresses.gateway(),
              settings.podRange(),
              settings.mtu(),
              FileLimit.largestFlows(FileLimit.read(FileLimit.OF_THIS_PROCESS)),
              FLOW_BUFFER,
              random.nextLong(),
              // 4 µs ticks of the wall clock: goes on where the predecessor was.
              (int) (Time.system().now().toEpochMilli() * 250));
      Gateway gateway =
          new Gateway(
              gatewaySettings,
              sockets,
              loop.timers(),
              loop::now,
              new BufferPool(FLOW_BUFFERS),
              counters,
              defects,
              dns);
      EthernetSwitch ethernet =
          new EthernetSwitch(
              gatewaySettings.mac(), addresses.gateway(), gateway, counters, loop::now);
      Segment segment =
          new Segment(
              settings,
              ethernet,
              gateway,
              loop.timers(),
              loop::now,
              random,
              warning -> System.err.println("switch: " + warning));
      segment.restore();
      PortServer.Switching switching =
          new PortServer.Switching(ethernet, gateway, counters, defects);
      try (ServerSocketChannel ports = bind(settings.portSocket());
          ServerSocketChannel control = bind(settings.controlSocket())) {
        new PortServer(loop, segment, switching, ports);
        new ControlServer(loop, segment, switching, control, loop::stop);
        loop.run();
        Files.deleteIfExists(settings.portSocket());
        Files.deleteIfExists(settings.controlSocket());
      }
    }
  }

  /** Binds aside and renames, so that whoever finds the socket is answered. */
  private static ServerSocketChannel bind(Path path) throws IOException {
    Path aside = path.resolveSibling(path.getFileName() + ".n");
    Files.deleteIfExists(aside);
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(aside), BACKLOG);
      Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rw-------"));
      Files.move(aside, path, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      return channel;
    } catch (IOException error) {
      channel.close();
      throw error;
    }
  }
}
