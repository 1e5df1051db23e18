/**
 * The rules of the whole program as tests: who may know whom, where foreign types may appear, what
 * is pure. They stand in this module because it has every other one on its class path. Read {@link
 * dev.beagle.architecture.ModuleArrowsTest} first.
 */
@NullMarked
package dev.beagle.architecture;

import org.jspecify.annotations.NullMarked;
