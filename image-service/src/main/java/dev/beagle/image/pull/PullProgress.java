package dev.beagle.image.pull;

/**
 * Hears of a pull's progress, on several threads at once; must return quickly and throw nothing.
 */
@FunctionalInterface
public interface PullProgress {
  /** For who does not care. */
  PullProgress NONE = _ -> {};

  void accept(PullEvent event);
}
