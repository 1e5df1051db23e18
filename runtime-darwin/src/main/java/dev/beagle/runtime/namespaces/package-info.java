/**
 * The sandbox kind {@code namespaces}: the world is this Linux host, with one agent process per
 * sandbox. Read {@link dev.beagle.runtime.namespaces.NamespacesKind} first.
 */
@NullMarked
package dev.beagle.runtime.namespaces;

import org.jspecify.annotations.NullMarked;
