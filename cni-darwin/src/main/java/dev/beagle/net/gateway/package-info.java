/**
 * The gateway port: joins the switch to sockets of the host. Start at {@link
 * dev.beagle.net.gateway.Gateway}.
 */
@NullMarked
package dev.beagle.net.gateway;

import org.jspecify.annotations.NullMarked;
