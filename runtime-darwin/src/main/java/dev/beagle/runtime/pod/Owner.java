package dev.beagle.runtime.pod;

/** Which of our clients made a pod; each API lists only its own. */
public enum Owner {
  CRI,
  DOCKER,
  NODE,
  CLI
}
