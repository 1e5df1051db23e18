package dev.beagle.runtime.pod;

/** Who a container's process runs as. */
public sealed interface Identity {
  /** As the image says. */
  record OfImage() implements Identity {}

  /** A user name that the image's /etc/passwd must know. */
  record Named(String user) implements Identity {}

  record Numbered(long uid) implements Identity {}
}
