package dev.beagle.node.streaming;

/** The connection as its session sees it. Thread-safe. */
interface PeerConnection {
  /** Closes it once everything written has gone out, and without losing that at the client. */
  void finish();

  /** Closes it because the client broke a rule or did not come up with its part in time. */
  void abort(String reason);
}
