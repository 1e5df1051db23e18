package dev.beagle.runtime.posix;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import dev.beagle.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A connection to a Unix stream socket that can carry descriptors (unix(7), SCM_RIGHTS), which the
 * JDK's channels cannot. Linux only. One thread at a time.
 */
public final class DescriptorChannel implements AutoCloseable {
  /** The kernel's SCM_MAX_FD is 253. */
  public static final int MAX_DESCRIPTORS = 250;

  private static final int SOCKADDR_UN_BYTES = 110;
  private static final int MSGHDR_BYTES = 56;
  private static final int CMSGHDR_BYTES = 16;

  private final Descriptor socket;

  private DescriptorChannel(Descriptor socket) {
    this.socket = socket;
  }

  /**
   * @param timeout for each later send and receive
   */
  public static DescriptorChannel connect(Path path, Duration timeout) {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > SOCKADDR_UN_BYTES - 3) {
      throw Failure.invalidArgument("socket path is longer than 107 bytes: " + path);
    }
    Descriptor socket = newSocket();
    try (Memory address = new Memory(SOCKADDR_UN_BYTES);
        Memory limit = new Memory(16)) {
      limit.setLong(0, timeout.toSeconds());
      limit.setLong(8, timeout.toNanosPart() / 1000);
      setTimeout(socket, PosixAbi.SO_RCVTIMEO, limit);
      setTimeout(socket, PosixAbi.SO_SNDTIMEO, limit);
      address.clear();
      address.setShort(0, (short) PosixAbi.AF_UNIX);
      address.write(2, name, 0, name.length);
      PosixAbi.connect(socket.number(), address, SOCKADDR_UN_BYTES);
      return new DescriptorChannel(socket);
    } catch (LastErrorException error) {
      socket.close();
      throw PosixError.of("connect to", path, error);
    }
  }

  private static Descriptor newSocket() {
    try {
      return Descriptor.owning(
          PosixAbi.socket(PosixAbi.AF_UNIX, PosixAbi.SOCK_STREAM | PosixAbi.SOCK_CLOEXEC, 0));
    } catch (LastErrorException error) {
      throw PosixError.of("socket", "AF_UNIX", error);
    }
  }

  private static void setTimeout(Descriptor socket, int option, Memory value) {
    PosixAbi.setsockopt(socket.number(), PosixAbi.SOL_SOCKET, option, value, (int) value.size());
  }

  /** Sends all bytes; the descriptors travel with the first one. They stay ours. */
  public void send(byte[] bytes, List<Descriptor> descriptors) {
    if (descriptors.size() > MAX_DESCRIPTORS) {
      throw Failure.exhausted("more than " + MAX_DESCRIPTORS + " descriptors in one message");
    }
    int sent = sendOnce(bytes, 0, descriptors);
    while (sent < bytes.length) {
      sent += sendOnce(bytes, sent, List.of());
    }
  }

  private int sendOnce(byte[] bytes, int from, List<Descriptor> descriptors) {
    int length = bytes.length - from;
    int controlBytes = descriptors.isEmpty() ? 0 : CMSGHDR_BYTES + 4 * descriptors.size();
    int controlSpace = (controlBytes + 7) & ~7;
    try (Memory payload = new Memory(length);
        Memory vector = new Memory(16);
        Memory message = new Memory(MSGHDR_BYTES);
        Memory control = new Memory(Math.max(8, controlSpace))) {
      payload.write(0, bytes, from, length);
      vector.setPointer(0, payload);
      vector.setLong(8, length);
      message.clear();
      message.setPointer(16, vector);
      message.setLong(24, 1);
      if (controlBytes > 0) {
        control.clear();
        control.setLong(0, controlBytes);
        control.setInt(8, PosixAbi.SOL_SOCKET);
        control.setInt(12, PosixAbi.SCM_RIGHTS);
        for (int i = 0; i < descriptors.size(); i++) {
          control.setInt(CMSGHDR_BYTES + 4L * i, descriptors.get(i).number());
        }
        message.setPointer(32, control);
        message.setLong(40, controlSpace);
      }
      return (int) PosixAbi.sendmsg(socket.number(), message, PosixAbi.MSG_NOSIGNAL);
    } catch (LastErrorException error) {
      throw PosixError.of("sendmsg with", descriptors.size() + " descriptors", error);
    }
  }

  /** Reads exactly so many bytes. */
  public byte[] receive(int length) {
    byte[] bytes = new byte[length];
    try (Memory buffer = new Memory(Math.max(1, length))) {
      int read = 0;
      while (read < length) {
        long got = PosixAbi.read(socket.number(), buffer, length - read);
        if (got == 0) {
          throw Failure.unavailable("the other end closed the connection");
        }
        buffer.read(0, bytes, read, (int) got);
        read += (int) got;
      }
      return bytes;
    } catch (LastErrorException error) {
      throw PosixError.of("read from", "socket", error);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
