/**
 * Indexes, manifests and image configs as records, read from bounded JSON (OCI image-spec 1.1 and
 * Docker's v2 schema 2). Pure. Read {@link dev.beagle.image.manifest.Manifest} first.
 */
@NullMarked
package dev.beagle.image.manifest;

import org.jspecify.annotations.NullMarked;
