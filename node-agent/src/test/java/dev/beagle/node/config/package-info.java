/** Tests of the configuration. */
@NullMarked
package dev.beagle.node.config;

import org.jspecify.annotations.NullMarked;
