package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import dev.beagle.image.manifest.Descriptor;
import dev.beagle.image.reference.Digest;
import dev.beagle.image.reference.Reference;
import dev.beagle.image.reference.Repository;
import dev.beagle.image.registry.Endpoint.Capability;
import dev.beagle.time.Time;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One caller's conversation about one repository: credentials and tokens live as long as it does.
 * Mirrors are asked in their order; what one has not, or cannot give, the next is asked for.
 * Thread-safe.
 */
public final class RegistrySession implements AutoCloseable {
  private final Repository repository;
  private final RegistrySettings settings;
  private final List<Endpoint> endpoints;
  private final HttpClients clients;
  private final RegistryCaller caller;
  private final Time time;

  private RegistrySession(
      Repository repository,
      RegistrySettings settings,
      Optional<Credentials> credentials,
      Time time) {
    this.repository = repository;
    this.settings = settings;
    this.time = time;
    this.endpoints = new RegistryHosts(settings.configPath()).endpoints(repository.registry());
    this.clients = new HttpClients(settings.connectTimeout(), settings.proxies());
    this.caller =
        new RegistryCaller(
            new HttpExchange(clients, settings, time),
            settings,
            new OfferedCredentials(credentials, repository.registry()),
            time);
  }

  /**
   * Nothing is sent before the first call.
   *
   * @throws Failure INVALID_ARGUMENT where the hosts' configuration cannot be used
   */
  public static RegistrySession open(
      Repository repository,
      RegistrySettings settings,
      Optional<Credentials> credentials,
      Time time) {
    return new RegistrySession(repository, settings, credentials, time);
  }

  /**
   * Asks what the reference stands for now.
   *
   * @throws Failure NOT_FOUND, UNAUTHENTICATED, DENIED, UNAVAILABLE, CORRUPTED, CANCELLED
   */
  public ManifestAddress resolve(Reference reference) {
    Optional<Digest> wanted =
        reference instanceof Reference.Digested digested
            ? Optional.of(digested.digest())
            : Optional.empty();
    Capability needed = wanted.isPresent() ? Capability.PULL : Capability.RESOLVE;
    return firstOf(
        needed,
        reference.toString(),
        endpoint -> {
          ManifestAddress address = resolveAt(endpoint, reference.identifier());
          if (wanted.isPresent() && !wanted.get().equals(address.digest())) {
            throw Failure.corrupted(
                "%s: %s says that it is %s"
                    .formatted(reference, endpoint.host(), address.digest()));
          }
          return address;
        });
  }

  private ManifestAddress resolveAt(Endpoint endpoint, String identifier) {
    try {
      Optional<ManifestAddress> address =
          caller.call(endpoint, new ManifestCall.Check(repository, identifier));
      if (address.isPresent()) {
        return address.get();
      }
    } catch (Failure refused) {
      if (refused.kind() != FailureKind.UNSUPPORTED) {
        throw refused;
      }
    }
    // A registry that answers HEAD without a digest, or not at all, shows it by its content.
    ManifestContent content = caller.call(endpoint, new ManifestCall.Fetch(repository, identifier));
    Digest digest =
        Digest.find(identifier)
            .map(Digest::algorithm)
            .map(algorithm -> Digest.ofHash(algorithm, algorithm.newHash().digest(content.bytes())))
            .orElseGet(() -> Digest.of(content.bytes()));
    return new ManifestAddress(digest, content.mediaType());
  }

  /**
   * Gets a manifest or index and checks it against its digest.
   *
   * @return at most {@link dev.beagle.image.manifest.Manifest#MAX_BYTES}
   * @throws Failure as {@link #resolve}
   */
  public byte[] manifest(Digest digest) {
    return firstOf(
        Capability.PULL,
        repository + "@" + digest,
        endpoint -> {
          byte[] bytes =
              caller.call(endpoint, new ManifestCall.Fetch(repository, digest.toString())).bytes();
          byte[] hash = digest.algorithm().newHash().digest(bytes);
          if (!Digest.ofHash(digest.algorithm(), hash).equals(digest)) {
            throw Failure.corrupted(
                "%s@%s: what %s sent has another digest"
                    .formatted(repository, digest, endpoint.host()));
          }
          return bytes;
        });
  }

  /**
   * Opens a blob; interrupted downloads go on where they were cut. Reading fails with CORRUPTED
   * where the size differs, UNAVAILABLE where the connection is cut too often or too little comes,
   * CANCELLED on interruption. What is no layer is a document, which has to be here in its time.
   * The digest is not checked here.
   */
  public InputStream blob(Descriptor blob) {
    String subject = repository + " blob " + blob.digest();
    return new BlobStream(
        blob,
        subject,
        offset ->
            firstOf(
                Capability.PULL,
                subject,
                endpoint -> caller.call(endpoint, new BlobCall(repository, blob, offset))),
        caller,
        blob.mediaType().isLayer() ? BlobStream.ANY_TIME : settings.documentTimeout(),
        settings.backoff(),
        time);
  }

  private <T> T firstOf(Capability needed, String subject, Function<Endpoint, T> operation) {
    Failure decisive =
        Failure.of(
            FailureKind.NOT_FOUND,
            "%s not found: no host is configured for registry %s that may be asked"
                .formatted(subject, repository.registry()));
    for (Endpoint endpoint : endpoints) {
      if (endpoint.capabilities().contains(needed)) {
        try {
          return operation.apply(endpoint);
        } catch (Failure failure) {
          if (failure.kind() == FailureKind.CANCELLED) {
            throw failure;
          }
          decisive = moreTelling(decisive, failure);
        }
      }
    }
    throw decisive;
  }

  /**
   * A mirror that lacks the image, or wants credentials that are not for it, says less than one
   * that is down; the registry itself, last, most.
   */
  private static Failure moreTelling(Failure before, Failure now) {
    boolean telling =
        before.kind() != FailureKind.NOT_FOUND && before.kind() != FailureKind.UNAUTHENTICATED;
    return now.kind() == FailureKind.NOT_FOUND && telling ? before : now;
  }

  @Override
  public void close() {
    clients.close();
  }
}
