package dev.beagle.node.streaming;

import dev.beagle.failure.Failure;

/**
 * Which streams of a process the caller asked for; with a terminal there is no stderr.
 *
 * @throws Failure INVALID_ARGUMENT without any stream, or for a terminal with stderr
 */
public record StreamOptions(boolean tty, boolean stdin, boolean stdout, boolean stderr) {
  public StreamOptions {
    if (!stdin && !stdout && !stderr) {
      throw Failure.invalidArgument("one of stdin, stdout and stderr must be set");
    }
    if (tty && stderr) {
      throw Failure.invalidArgument("tty and stderr cannot both be set: a terminal has one output");
    }
  }
}
