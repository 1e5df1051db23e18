/**
 * The daemon as its clients see it: {@link dev.beagle.node.client.CriClient} is a connection to the
 * CRI socket, {@link dev.beagle.node.client.Directory} finds pods and containers by what people
 * type, {@link dev.beagle.node.client.SpdyConnection} carries exec and port-forward. CRI types stay
 * here and in the commands.
 */
@NullMarked
package dev.beagle.node.client;

import org.jspecify.annotations.NullMarked;
