package dev.beagle.image.registry;

import dev.beagle.image.reference.MediaType;

/**
 * A manifest as it came.
 *
 * @param mediaType as the registry calls it
 * @param bytes at most {@link dev.beagle.image.manifest.Manifest#MAX_BYTES}; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; parsed or stored at once.
record ManifestContent(MediaType mediaType, byte[] bytes) {}
