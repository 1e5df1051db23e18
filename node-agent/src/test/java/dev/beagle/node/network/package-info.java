@NullMarked
package dev.beagle.node.network;

import org.jspecify.annotations.NullMarked;
