package dev.beagle.net.host;

import dev.beagle.net.host.HostStream.ConnectFailure;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.util.Locale;

/** Tells apart what the JDK throws for errors of sockets. */
public final class SocketErrors {
  private SocketErrors() {}

  /**
   * What a socket's exception means. The JDK hides errno; the texts are those of Linux and macOS in
   * the C locale, which is the JDK's.
   */
  public static ConnectFailure failureOf(IOException error) {
    String text = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
    if (text.contains("timed out")) {
      return ConnectFailure.TIMED_OUT;
    }
    if (error instanceof PortUnreachableException || text.contains("refused")) {
      return ConnectFailure.REFUSED;
    }
    if (text.contains("network is unreachable") || text.contains("network is down")) {
      return ConnectFailure.NETWORK_UNREACHABLE;
    }
    if (error instanceof NoRouteToHostException
        || text.contains("no route to host")
        || text.contains("host is down")) {
      return ConnectFailure.HOST_UNREACHABLE;
    }
    if (text.contains("permission denied") || text.contains("not permitted")) {
      return ConnectFailure.DENIED;
    }
    return error instanceof ConnectException && !text.contains("assign")
        ? ConnectFailure.REFUSED
        : ConnectFailure.LOCAL;
  }
}
