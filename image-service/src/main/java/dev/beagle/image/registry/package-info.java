/**
 * The client of OCI registries (distribution-spec 1.1): where a registry is, how to be let in, and
 * how to get manifests and blobs through redirects, cut connections and hostile answers. Read
 * {@link dev.beagle.image.registry.RegistrySession} first, then {@code RegistryCaller}.
 */
@NullMarked
package dev.beagle.image.registry;

import org.jspecify.annotations.NullMarked;
