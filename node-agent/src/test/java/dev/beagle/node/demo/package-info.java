/** Tests of what the demo is told. */
@NullMarked
package dev.beagle.node.demo;

import org.jspecify.annotations.NullMarked;
