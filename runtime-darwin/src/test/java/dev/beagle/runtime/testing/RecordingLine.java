package dev.beagle.runtime.testing;

import dev.beagle.runtime.hypervisor.InterruptLine;

/** Keeps its level. */
public final class RecordingLine implements InterruptLine {
  private volatile boolean up;

  @Override
  public void raise() {
    up = true;
  }

  @Override
  public void lower() {
    up = false;
  }

  public boolean isUp() {
    return up;
  }
}
