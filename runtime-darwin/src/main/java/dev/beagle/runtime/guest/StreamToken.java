package dev.beagle.runtime.guest;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;

/** Admits one stream connection, once: 16 random bytes. */
public record StreamToken(ByteString bytes) {
  private static final SecureRandom RANDOM = new SecureRandom();

  public static StreamToken random() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return new StreamToken(ByteString.copyFrom(bytes));
  }
}
