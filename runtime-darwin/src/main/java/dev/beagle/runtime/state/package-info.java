/**
 * What must survive the daemon: one record per sandbox and per container under RUN. Read {@link
 * dev.beagle.runtime.state.RecordStore} first.
 */
@NullMarked
package dev.beagle.runtime.state;

import org.jspecify.annotations.NullMarked;
