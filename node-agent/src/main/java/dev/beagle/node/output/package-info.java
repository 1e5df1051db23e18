/** What commands write: tables, JSON, progress, colours; fit for a terminal and for a pipe. */
@NullMarked
package dev.beagle.node.output;

import org.jspecify.annotations.NullMarked;
