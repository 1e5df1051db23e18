package dev.beagle.runtime.machine;

import dev.beagle.runtime.hypervisor.InterruptLine;

/** Keeps its level. */
final class RecordingLine implements InterruptLine {
  private volatile boolean up;

  @Override
  public void raise() {
    up = true;
  }

  @Override
  public void lower() {
    up = false;
  }

  boolean isUp() {
    return up;
  }
}
