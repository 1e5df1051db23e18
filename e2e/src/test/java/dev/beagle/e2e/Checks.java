package dev.beagle.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/** Small checks that several classes need. */
final class Checks {
  private Checks() {}

  /** The body of a page, by a connection of its own. */
  static String get(String url) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  static String md5(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The lines are 0, 1, 2 and so on, none missing and none twice. */
  static void assertNumbered(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).strip().equals(Integer.toString(i))) {
        assertThat(lines.get(i).strip())
            .as("line %d of %d", i, lines.size())
            .isEqualTo(Integer.toString(i));
      }
    }
  }
}
