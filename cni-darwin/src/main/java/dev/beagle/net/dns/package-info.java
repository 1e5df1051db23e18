/**
 * Forwards the pods' DNS questions to the resolvers of the host. Start at {@link
 * dev.beagle.net.dns.DnsForwarder}.
 */
@NullMarked
package dev.beagle.net.dns;

import org.jspecify.annotations.NullMarked;
