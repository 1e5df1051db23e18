/**
 * The command line: one class per command, {@link dev.beagle.node.cli.Cli} puts them together. All
 * but {@code daemon} talk to a daemon through its CRI socket only.
 */
@NullMarked
package dev.beagle.node.cli;

import org.jspecify.annotations.NullMarked;
