package dev.beagle.image.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

/** What holds of every name. */
class ReferencePropertyTest {
  @Property
  void normalisedTextParsesToTheSame(@ForAll("references") String text) {
    Reference reference = Reference.parse(text);
    assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
  }

  @Property
  void anyTextIsReadOrRefusedAsInvalid(@ForAll @StringLength(max = 300) String text) {
    readOrRefused(text);
  }

  @Property
  void anyTextOfReferenceCharactersIsReadOrRefusedAsInvalid(
      @ForAll
          @StringLength(max = 80)
          @CharRange(from = 'a', to = 'c')
          @CharRange(from = '-', to = ':')
          @CharRange(from = '@', to = '@')
          String text) {
    readOrRefused(text);
  }

  private static void readOrRefused(String text) {
    try {
      Reference reference = Reference.parse(text);
      assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
    } catch (Failure refused) {
      assertThat(refused.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT);
    }
  }

  @Property
  void digestTextParsesToTheSame(@ForAll byte[] content) {
    Digest digest = Digest.of(content);
    assertThat(Digest.parse(digest.toString())).isEqualTo(digest);
    assertThat(Digest.find(digest.toString())).contains(digest);
  }

  @Property
  void everyBeginningOfAnIdIsReadAsOne(@ForAll byte[] content) {
    String id = Digest.of(content).toString();
    for (int length = "sha256:".length() + 1; length <= id.length(); length++) {
      String prefix = id.substring(0, length);
      assertThat(ImageName.parse(prefix).idPrefix()).contains(prefix.substring(7));
    }
  }

  @Provide
  Arbitrary<String> references() {
    Arbitrary<String> component =
        Arbitraries.strings().withCharRange('a', 'z').numeric().ofMinLength(1).ofMaxLength(8);
    Arbitrary<String> host =
        Arbitraries.of(
            "", "localhost/", "a.b:5000/", "[::1]:80/", "docker.io/", "index.docker.io/");
    Arbitrary<String> path =
        component.list().ofMinSize(1).ofMaxSize(4).map(parts -> String.join("/", parts));
    Arbitrary<String> tag =
        Arbitraries.strings()
            .withChars("abzABZ019_")
            .ofMaxLength(10)
            .map(text -> text.isEmpty() ? "" : ":" + text);
    Arbitrary<String> digest =
        Arbitraries.bytes().map(value -> value < 0 ? "" : "@" + Digest.of(new byte[] {value}));
    return Combinators.combine(host, path, tag, digest).as((a, b, c, d) -> a + b + c + d);
  }
}
