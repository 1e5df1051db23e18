/** Which port has which address. Start at {@link dev.beagle.net.ipam.AddressPool}. */
@NullMarked
package dev.beagle.net.ipam;

import org.jspecify.annotations.NullMarked;
