/**
 * A machine as a process of its own. Begin with {@link dev.beagle.runtime.launch.MachineLauncher};
 * the process is {@link dev.beagle.runtime.launch.MachineMain}.
 *
 * <p>Everything about a machine is in its folder: a lock, so that there is one process; a control
 * socket, by which whoever comes finds it; the console; and, once it has ended, why. The process
 * needs nobody: it lives on when its starter is killed.
 */
@NullMarked
package dev.beagle.runtime.launch;

import org.jspecify.annotations.NullMarked;
