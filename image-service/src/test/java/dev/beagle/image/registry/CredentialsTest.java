package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import dev.beagle.image.registry.Credentials.IdentityToken;
import dev.beagle.image.registry.Credentials.UserPassword;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** CRI's AuthConfig, by containerd's order. */
class CredentialsTest {
  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void passwordBeatsIdentityTokenBeatsAuth() {
    String auth = base64("c:d");
    assertThat(Credentials.choose("a", "b", auth, "t", "")).contains(new UserPassword("a", "b"));
    assertThat(Credentials.choose("", "", auth, "t", "")).contains(new IdentityToken("t"));
    assertThat(Credentials.choose("", "", auth, "", "")).contains(new UserPassword("c", "d"));
    assertThat(Credentials.choose("", "", "", "", "")).isEmpty();
  }

  @Test
  void nulsAroundThePasswordAreTrimmed() {
    assertThat(Credentials.choose("", "", base64("u:p:q\0\0"), "", ""))
        .contains(new UserPassword("u", "p:q"));
  }

  @Test
  void theServerThatTheyAreForStaysWithThem() {
    String server = "https://index.docker.io/v1/";
    assertThat(Credentials.choose("a", "b", "", "", server))
        .contains(new UserPassword("a", "b", server));
    assertThat(Credentials.choose("", "", base64("a:b"), "", server))
        .contains(new UserPassword("a", "b", server));
    assertThat(Credentials.choose("", "", "", "t", server))
        .contains(new IdentityToken("t", server));
  }

  @Test
  void unreadableAuthIsRefusedWithoutShowingIt() {
    assertThatThrownBy(() -> Credentials.choose("", "", "%%%", "", ""))
        .isInstanceOf(Failure.class)
        .hasMessageNotContaining("%%%");
    assertThatThrownBy(() -> Credentials.choose("", "", base64("nocolon"), "", ""))
        .isInstanceOf(Failure.class);
  }

  @Test
  void secretsAreNotShown() {
    assertThat(new UserPassword("ann", "secret")).asString().doesNotContain("secret");
    assertThat(new IdentityToken("secret")).asString().doesNotContain("secret");
  }
}
