package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.registry.Endpoint.Capability;
import dev.beagle.image.registry.TlsSettings.ClientKey;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Reads a {@code hosts.toml} (containerd docs/hosts.md). The hosts come in the order in which they
 * stand in the file; what the top level says of the registry itself comes last.
 */
final class HostsToml {
  private static final TomlMapper MAPPER = new TomlMapper();
  private static final Set<String> HOST_KEYS =
      Set.of(
          "capabilities", "ca", "client", "skip_verify", "header", "override_path", "dial_timeout");

  private final Path file;

  private HostsToml(Path file) {
    this.file = file;
  }

  /**
   * @param file where the text came from: for messages, and its folder for relative paths
   * @throws Failure INVALID_ARGUMENT naming file and key
   */
  static List<HostEntry> parse(String toml, Path file) {
    return new HostsToml(file).hosts(toml);
  }

  private List<HostEntry> hosts(String toml) {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(toml);
    } catch (JacksonException error) {
      throw Failure.of(
          FailureKind.INVALID_ARGUMENT,
          file + " is no TOML: " + error.getOriginalMessage() + at(error),
          error);
    }
    for (String key : tree.propertyNames()) {
      if (!HOST_KEYS.contains(key) && !key.equals("server") && !key.equals("host")) {
        throw wrong(key, "is no known key");
      }
    }
    List<HostEntry> entries = new ArrayList<>();
    JsonNode hosts = tree.path("host");
    if (!hosts.isMissingNode() && !hosts.isObject()) {
      throw wrong("host", "is no table");
    }
    for (String name : hosts.propertyNames()) {
      JsonNode table = hosts.path(name);
      String key = "host.\"" + name + "\"";
      if (!table.isObject()) {
        throw wrong(key, "is no table");
      }
      for (String nested : table.propertyNames()) {
        if (!HOST_KEYS.contains(nested)) {
          throw wrong(key + "." + nested, "is no known key");
        }
      }
      entries.add(entry(key, Optional.of(name), table));
    }
    JsonNode server = tree.path("server");
    if (!server.isMissingNode() && !server.isString()) {
      throw wrong("server", "is no text");
    }
    Optional<String> name = Optional.of(server.asString("")).filter(value -> !value.isEmpty());
    entries.add(entry("server", name, tree));
    return entries;
  }

  private static String at(JacksonException error) {
    return error.getLocation() == null ? "" : " (line " + error.getLocation().getLineNr() + ")";
  }

  private HostEntry entry(String key, Optional<String> name, JsonNode table) {
    boolean overridePath = flag(table, "override_path");
    return new HostEntry(
        name.map(value -> base(key, value, overridePath)),
        capabilities(table),
        new TlsSettings(authorities(table), clientKeys(table), flag(table, "skip_verify")),
        headers(table));
  }

  private URI base(String key, String name, boolean overridePath) {
    String url =
        name.startsWith("http://") || name.startsWith("https://") ? name : "https://" + name;
    try {
      URI uri = new URI(url).normalize();
      if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawUserInfo() != null) {
        throw wrong(key, "\"" + name + "\" is no URL of a host");
      }
      String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("/+$", "");
      if (!overridePath && !path.endsWith("/v2")) {
        path += "/v2";
      }
      return new URI(uri.getScheme() + "://" + uri.getRawAuthority() + path);
    } catch (URISyntaxException invalid) {
      throw wrong(key, "\"" + name + "\" is no URL of a host");
    }
  }

  private Set<Capability> capabilities(JsonNode table) {
    List<String> names = texts(table, "capabilities");
    if (names.isEmpty()) {
      return EnumSet.of(Capability.PULL, Capability.RESOLVE, Capability.PUSH);
    }
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    for (String name : names) {
      capabilities.add(
          switch (name.toLowerCase(Locale.ROOT)) {
            case "pull" -> Capability.PULL;
            case "resolve" -> Capability.RESOLVE;
            case "push" -> Capability.PUSH;
            case "referrers" -> Capability.REFERRERS;
            default ->
                throw wrong(
                    "capabilities", "\"" + name + "\" is none of pull, resolve, push, referrers");
          });
    }
    return capabilities;
  }

  private List<Path> authorities(JsonNode table) {
    return texts(table, "ca").stream().map(this::beside).toList();
  }

  /** One file, a list of files, or a list of pairs of certificate and key. */
  private List<ClientKey> clientKeys(JsonNode table) {
    JsonNode client = table.path("client");
    List<ClientKey> keys = new ArrayList<>();
    if (client.isString()) {
      keys.add(clientKey(client, client));
    } else if (client.isArray()) {
      for (JsonNode element : client) {
        if (element.isArray() && element.size() == 2) {
          keys.add(clientKey(element.path(0), element.path(1)));
        } else if (element.isArray() && element.size() == 1) {
          keys.add(clientKey(element.path(0), element.path(0)));
        } else {
          keys.add(clientKey(element, element));
        }
      }
    } else if (!client.isMissingNode()) {
      throw wrong("client", "is neither a file nor a list of files or of pairs of files");
    }
    return keys;
  }

  private ClientKey clientKey(JsonNode certificate, JsonNode key) {
    if (!certificate.isString() || !key.isString()) {
      throw wrong("client", "is neither a file nor a list of files or of pairs of files");
    }
    Path certificateFile = beside(certificate.stringValue());
    String keyName = key.stringValue();
    return new ClientKey(certificateFile, keyName.isEmpty() ? certificateFile : beside(keyName));
  }

  private Path beside(String name) {
    return file.resolveSibling(name);
  }

  private Map<String, List<String>> headers(JsonNode table) {
    JsonNode header = table.path("header");
    if (!header.isMissingNode() && !header.isObject()) {
      throw wrong("header", "is no table");
    }
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (String name : header.propertyNames()) {
      List<String> values = texts(header, name);
      if (!HttpHeaderNames.mayBeSet(name) || !values.stream().allMatch(HttpHeaderNames::isValue)) {
        throw wrong("header." + name, "cannot be sent");
      }
      headers.put(name, values);
    }
    return headers;
  }

  private boolean flag(JsonNode table, String key) {
    JsonNode value = table.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(key, "is neither true nor false");
    }
    return value.asBoolean(false);
  }

  /** A text or a list of texts. */
  private List<String> texts(JsonNode table, String key) {
    JsonNode value = table.path(key);
    List<String> texts = new ArrayList<>();
    if (value.isString()) {
      texts.add(value.stringValue());
    } else if (value.isArray()) {
      for (JsonNode element : value) {
        if (!element.isString()) {
          throw wrong(key, "holds something that is no text");
        }
        texts.add(element.stringValue());
      }
    } else if (!value.isMissingNode()) {
      throw wrong(key, "is neither a text nor a list of texts");
    }
    return texts;
  }

  private Failure wrong(String key, String reason) {
    return Failure.invalidArgument(file + ": " + key + " " + reason);
  }

  /**
   * One host of the file.
   *
   * @param base empty for the registry's own address
   */
  record HostEntry(
      Optional<URI> base,
      Set<Capability> capabilities,
      TlsSettings tls,
      Map<String, List<String>> headers) {
    static HostEntry unnamed(TlsSettings tls) {
      return new HostEntry(
          Optional.empty(),
          EnumSet.of(Capability.PULL, Capability.RESOLVE, Capability.PUSH),
          tls,
          Map.of());
    }
  }
}
