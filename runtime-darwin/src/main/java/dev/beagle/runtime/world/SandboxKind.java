package dev.beagle.runtime.world;

import dev.beagle.runtime.oci.WorldTraits;
import dev.beagle.runtime.pod.ContainerSpec;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxSpec;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** A way to isolate sandboxes: plain namespaces, a micro-VM. Thread-safe. */
public interface SandboxKind {
  /** As clients name it in CRI's runtime_handler. */
  String name();

  /** Why it cannot make worlds here and the way out; empty when it can. */
  String problem();

  /** Whether it can see to the worlds that are there, for which it may need less. */
  default boolean adopts() {
    return true;
  }

  /** What containers of this kind run on. Only for a kind without a problem. */
  WorldTraits traits();

  /**
   * Before anything is made.
   *
   * @throws dev.beagle.failure.Failure UNSUPPORTED, by name, for what no sandbox of this kind can
   *     be
   */
  void check(SandboxSpec spec);

  /**
   * Before anything is made.
   *
   * @throws dev.beagle.failure.Failure by name, for what no container of this kind can have
   */
  void check(ContainerSpec spec);

  /** Where a new sandbox of this id will leave traces; written down before {@link #open}. */
  WorldRecord plan(SandboxId id, String cgroupParent);

  /** Starts a world. After a failure {@link #discard} has been done. */
  World open(WorldRecord plan);

  /**
   * The world of an earlier daemon; empty when it is certainly gone.
   *
   * @throws dev.beagle.failure.Failure when nobody can tell just now: it may well live
   */
  Optional<World> adopt(WorldRecord record);

  /** Why a world is gone that {@link #adopt} did not find; before {@link #discard}. */
  default String endReason(WorldRecord record) {
    return "the sandbox's guest agent died";
  }

  /**
   * Ends and removes whatever is left of a world, but for what people may want to read of it until
   * {@link #forget}. Idempotent.
   *
   * @param containers ids of its containers
   */
  void discard(WorldRecord record, Collection<String> containers);

  /** Removes what {@link #discard} left: the sandbox is removed. Idempotent. */
  default void forget(WorldRecord record) {}

  /**
   * Ends whatever runs of sandboxes that are not among these, also where their records are lost.
   *
   * @param lost ids of containers that left files and have no record
   */
  void sweep(Set<SandboxId> known, Set<String> lost);

  /** Removes what this kind keeps for the node as a whole; nothing of it runs any more. */
  void retire();

  /**
   * Lets go of layers that no container uses any more.
   *
   * @param used asked when no layer can be given out: what is handed to a container from then on is
   *     mounted anew
   */
  void retainLayers(Supplier<Set<String>> used);
}
