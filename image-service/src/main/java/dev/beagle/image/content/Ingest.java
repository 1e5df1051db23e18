package dev.beagle.image.content;

import dev.beagle.failure.Failure;

/**
 * Content on its way in. Only {@link #commit()} makes it findable; closing before that leaves
 * nothing. Confined to one thread.
 */
public interface Ingest extends AutoCloseable {
  /**
   * @throws Failure CORRUPTED where more comes than was announced; EXHAUSTED where the disk is full
   */
  void write(byte[] source, int offset, int length);

  /**
   * Checks size and digest and makes the content findable, synced.
   *
   * @throws Failure CORRUPTED where either differs
   */
  void commit();

  /** Gives up what was not committed. */
  @Override
  void close();
}
