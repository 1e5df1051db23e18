package dev.beagle.runtime.pod;

import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A pod: namespaces, network and limits that its containers share. Thread-safe. */
public interface Sandbox {
  SandboxId id();

  SandboxSpec spec();

  /** The kind it runs on, resolved: never empty. */
  String kind();

  SandboxState state();

  Instant createdAt();

  /**
   * Makes a container without starting it. A repeated call with the same name and attempt returns
   * the container that exists.
   *
   * @throws dev.beagle.failure.Failure WRONG_STATE unless the sandbox is Ready; NOT_FOUND for an
   *     unknown image; INVALID_ARGUMENT for what the spec cannot have here
   */
  Container createContainer(ContainerSpec spec);

  List<Container> containers();

  /**
   * A byte stream to {@code localhost:port} inside the sandbox's network.
   *
   * @throws dev.beagle.failure.Failure UNAVAILABLE when nothing listens there
   */
  ByteChannel connect(int port);

  /**
   * Asks what runs it for a sign of life. One that has ended has nothing to ask.
   *
   * @throws dev.beagle.failure.Failure TIMED_OUT without one within the limit, UNAVAILABLE when it
   *     cannot be asked
   */
  void ping(Duration limit);

  /**
   * Ends all containers, the world and the network. Idempotent, takes up unfinished work of an
   * earlier call.
   *
   * @param grace how long containers get between their stop signal and SIGKILL
   */
  void stop(Duration grace);

  /** Stops and forgets the sandbox with its containers and their files. Idempotent. */
  void remove();
}
