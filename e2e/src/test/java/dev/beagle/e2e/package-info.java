/**
 * The node as its users meet it: the real daemon in processes of its own, driven by the real crictl
 * and critest over real registries. Read {@link NodeIT} first, then {@link Node}, {@link Crictl}
 * and {@link LeakCheck}.
 */
@NullMarked
package dev.beagle.e2e;

import org.jspecify.annotations.NullMarked;
