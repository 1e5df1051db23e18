package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.beagle.failure.Failure;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReleaseIndexTest {
  private static final String SHA256 =
      "be16b37b2f740f066ea93d35d56f04f94d63693e5a3eb421b052bf86fae75bcd";

  private static ReleaseIndex parse(String text) {
    return ReleaseIndex.parse(text.lines().toList());
  }

  @Test
  void readsWhatDebianWrites() {
    ReleaseIndex index =
        parse(
            """
            Origin: Debian
            Suite: stable
            Version: 13.7
            Codename: trixie
            Date: Sat, 12 Sep 2026 07:55:41 UTC
            Acquire-By-Hash: yes
            MD5Sum:
             3e498904a30e240573dac8ddac594e6f  1961125 main/binary-arm64/Packages.xz
            SHA256:
             %s  9614192 main/binary-arm64/Packages.xz
            """
                .formatted(SHA256));
    assertThat(index.codename()).isEqualTo("trixie");
    assertThat(index.version()).isEqualTo("13.7");
    assertThat(index.date()).isEqualTo(Instant.parse("2026-09-12T07:55:41Z"));
    assertThat(index.validUntil()).isEmpty();
    assertThat(index.byHash()).isTrue();
    assertThat(index.index("main/binary-arm64/Packages.xz"))
        .isEqualTo(new ReleaseIndex.Checked(new Sha256(SHA256), 9614192));
  }

  @Test
  void readsUntilWhenItIsValid() {
    ReleaseIndex index =
        parse("Date: Sat, 5 Sep 2026 7:55:41 UTC\nValid-Until: Sat, 19 Sep 2026 20:15:02 UTC\n");
    assertThat(index.validUntil()).contains(Instant.parse("2026-09-19T20:15:02Z"));
    assertThat(index.byHash()).isFalse();
  }

  @Test
  void whatIsMissingOrNoneIsSaid() {
    assertThatThrownBy(() -> parse("Suite: stable\n")).hasMessage("it has no Date");
    assertThatThrownBy(() -> parse("Date: yesterday\n"))
        .hasMessage("its Date is no date: yesterday");
    assertThatThrownBy(() -> ReleaseIndex.parse(List.of())).hasMessage("it is empty");
    String date = "Date: Sat, 12 Sep 2026 07:55:41 UTC\n";
    for (String line : new String[] {"abc 12 x", SHA256 + " -1 x", SHA256 + " 12"}) {
      assertThatThrownBy(() -> parse(date + "SHA256:\n " + line + "\n"))
          .isInstanceOf(Failure.class);
    }
    assertThatThrownBy(() -> parse(date).index("main/x"))
        .hasMessageStartingWith("index main/x of suite");
  }
}
