package dev.beagle.image.registry;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One place where a registry's images can be had: the registry itself or a mirror.
 *
 * @param base the URL that API paths are appended to, without a slash at its end
 * @param headers sent with every request to this host and to no other
 * @param namespace the registry that a mirror stands for ({@code ns} of the request), empty for the
 *     registry itself
 * @param own whether it is the registry itself, by its name or as the {@code server} of its own
 *     hosts.toml, and not a mirror
 */
record Endpoint(
    URI base,
    Set<Capability> capabilities,
    TlsSettings tls,
    Map<String, List<String>> headers,
    String namespace,
    boolean own) {
  Endpoint {
    capabilities = Set.copyOf(capabilities);
    headers = Map.copyOf(headers);
  }

  URI resolve(String path) {
    String query = namespace.isEmpty() ? "" : "?ns=" + namespace;
    return URI.create(base + "/" + path + query);
  }

  /** For messages and tokens. */
  String host() {
    return base.getAuthority();
  }

  /** What an endpoint may be asked. */
  enum Capability {
    /** Manifests and blobs by digest. */
    PULL,
    /** Tags to digests. */
    RESOLVE,
    /** Uploads; not used here. */
    PUSH,
    /** Lists of referrers; not used here. */
    REFERRERS
  }
}
