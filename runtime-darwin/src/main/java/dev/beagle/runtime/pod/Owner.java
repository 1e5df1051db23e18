package dev.beagle.runtime.pod;

/** Which of our clients made a pod; each API lists only its own, the command line all. */
public enum Owner {
  CRI,
  DOCKER,
  NODE,
  CLI
}
