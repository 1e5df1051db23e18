/** Tests of the demo's parts. */
@NullMarked
package dev.beagle.node.demo;

import org.jspecify.annotations.NullMarked;
