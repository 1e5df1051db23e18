/**
 * What the user may set and what the host sets for us: {@link dev.beagle.node.config.NodeConfig}
 * (one YAML file), {@link dev.beagle.node.config.Installation} (the jars and caches we run from),
 * {@link dev.beagle.node.config.Host} (who and where we are). The only package that reads system
 * properties or the environment.
 */
@NullMarked
package dev.beagle.node.config;

import org.jspecify.annotations.NullMarked;
