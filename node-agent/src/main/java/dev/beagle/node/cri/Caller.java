package dev.beagle.node.cri;

import dev.beagle.runtime.pod.Owner;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * On whose behalf a call is made: what it makes is that owner's. Our command line says so in the
 * metadata and is shown the pods of every owner, for people want to see what runs; to all others,
 * kubelets above all, only the CRI's own pods exist.
 */
final class Caller implements ServerInterceptor {
  /** Metadata that our command line sends, with the value {@code cli}. */
  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("beagle-client", Metadata.ASCII_STRING_MARSHALLER);

  private static final String COMMAND_LINE = "cli";
  private static final Context.Key<Owner> OWNER = Context.key("beagle-owner");

  /** The owner of what the current call makes. */
  static Owner owner() {
    Owner owner = OWNER.get();
    return owner == null ? Owner.CRI : owner;
  }

  /** Whether pods of that owner exist for the current call. */
  static boolean sees(Owner other) {
    return owner() == Owner.CLI || other == owner();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String client = headers.get(HEADER);
    if (client == null) {
      return next.startCall(call, headers);
    }
    if (!client.equals(COMMAND_LINE)) {
      call.close(
          Status.INVALID_ARGUMENT.withDescription(
              "metadata " + HEADER.name() + ": only \"cli\" is known; leave it out"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return Contexts.interceptCall(
        Context.current().withValue(OWNER, Owner.CLI), call, headers, next);
  }
}
