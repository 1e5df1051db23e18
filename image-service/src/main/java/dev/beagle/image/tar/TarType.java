package dev.beagle.image.tar;

/** The kinds of entries a layer may carry. */
public enum TarType {
  FILE,
  HARD_LINK,
  SYMBOLIC_LINK,
  CHARACTER_DEVICE,
  BLOCK_DEVICE,
  DIRECTORY,
  FIFO
}
