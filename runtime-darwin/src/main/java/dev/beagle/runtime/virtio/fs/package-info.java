/**
 * Files of the host for a guest: virtio-fs (virtio 1.2, section 5.11), which carries FUSE 7. Begin
 * with {@link dev.beagle.runtime.virtio.fs.FsDevice} for the rings and {@code FuseServer} for the
 * requests; {@link dev.beagle.runtime.virtio.fs.Export} is what the guest is shown.
 *
 * <p>Whatever the guest sends: a number of a node is an index into a table of ours, a name is one
 * component that was checked, and a folder is entered a component at a time without following
 * links. It only reads.
 */
@NullMarked
package dev.beagle.runtime.virtio.fs;

import org.jspecify.annotations.NullMarked;
