/**
 * The Ethernet switch and its ports: who may send what, and where it goes. Start at {@link
 * dev.beagle.net.link.EthernetSwitch}.
 */
@NullMarked
package dev.beagle.net.link;

import org.jspecify.annotations.NullMarked;
