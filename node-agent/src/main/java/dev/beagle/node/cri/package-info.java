/**
 * The CRI services: a thin translation between the CRI's messages and the core's pods. Read {@link
 * dev.beagle.node.cri.CriServer} first, then {@code RuntimeServiceCalls}; what is done with each
 * field of a request stands in {@code CriFields}. What the services need of images and streams they
 * declare here ({@link dev.beagle.node.cri.NodeImages}, {@link dev.beagle.node.cri.StreamUrls}).
 */
@NullMarked
package dev.beagle.node.cri;

import org.jspecify.annotations.NullMarked;
