package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.registry.ProxySettings.ProxyServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What a registry's refusals and a network's errors mean to the caller. */
final class RegistryErrors {
  private static final int MAX_ERROR_BODY = 64 << 10;

  private RegistryErrors() {}

  /** Whether the same request may succeed a little later. */
  static boolean isTransient(int status) {
    return switch (status) {
      case 408, 425, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }

  /** The refusal as a failure; reads and closes the body. */
  static Failure refused(RegistryResponse response, String subject) {
    return refused(response, subject, "");
  }

  /**
   * As the other.
   *
   * @param withheld why the registry was not shown the caller's credentials; may be empty
   */
  static Failure refused(RegistryResponse response, String subject, String withheld) {
    String detail = detailOf(response);
    String where = response.uri().getAuthority();
    String said = "%s answered %d%s".formatted(where, response.status(), detail);
    return switch (response.status()) {
      case 401 ->
          Failure.unauthenticated(
              subject + ": " + said + "; the image is private or does not exist" + withheld);
      case 403 -> Failure.denied(subject + ": " + said + withheld);
      case 404, 410 -> Failure.of(FailureKind.NOT_FOUND, subject + " not found: " + said);
      case 407 ->
          Failure.unavailable(
              subject
                  + ": the proxy before %s answered 407: put USER:PASSWORD@ into the proxy's URL"
                      .formatted(where));
      case 400, 405, 406, 416 -> Failure.unsupported(subject + ": " + said);
      default -> Failure.unavailable(subject + ": " + said);
    };
  }

  private static String detailOf(RegistryResponse response) {
    try (response) {
      String detail = RegistryJson.firstError(response.start(MAX_ERROR_BODY));
      return detail.isEmpty() ? "" : " (" + detail + ")";
    } catch (IOException unreadable) {
      return "";
    }
  }

  /**
   * An error of the network as a failure.
   *
   * @param proxy that was on the way
   */
  static Failure unreachable(
      String host, Optional<ProxyServer> proxy, String subject, IOException error) {
    String way = proxy.map(server -> " through the proxy " + server).orElse("");
    return Failure.unavailable(
        "%s: registry %s cannot be reached%s: %s".formatted(subject, host, way, reason(error)),
        error);
  }

  /** Whether another attempt would fail in the same way: a certificate gets no better. */
  static boolean isLasting(IOException error) {
    return causeOf(error, CertificateException.class) != null;
  }

  private static String reason(IOException error) {
    if (causeOf(error, UnresolvedAddressException.class) != null) {
      return "its name cannot be resolved";
    }
    if (error instanceof HttpConnectTimeoutException) {
      return "no connection in time";
    }
    if (error instanceof HttpTimeoutException) {
      return error.getMessage() == null ? "no answer in time" : error.getMessage();
    }
    if (causeOf(error, ConnectException.class) != null) {
      return "connection refused";
    }
    SSLException tls = causeOf(error, SSLException.class);
    if (causeOf(error, CertPathBuilderException.class) != null) {
      return "TLS: no trusted authority has signed its certificate: name the authority's file as"
          + " ca in hosts.toml";
    }
    if (tls != null) {
      return "TLS: " + tls.getMessage();
    }
    return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
  }

  private static <T extends Throwable> @Nullable T causeOf(Throwable error, Class<T> type) {
    Throwable cause = error;
    for (int depth = 0; cause != null && depth < 10; depth++) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
      cause = cause.getCause();
    }
    return null;
  }
}
