package dev.beagle.node.cli;

import dev.beagle.node.config.Host;
import dev.beagle.node.config.Installation;
import dev.beagle.node.output.Console;
import dev.beagle.time.Time;

/** What every command is given instead of looking around itself. Immutable. */
record CliContext(
    Console console, Host host, Installation installation, Time time, NodeStarter starter) {}
