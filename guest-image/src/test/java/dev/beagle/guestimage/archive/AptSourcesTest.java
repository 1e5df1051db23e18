package dev.beagle.guestimage.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AptSourcesTest {
  private static final URI ARCHIVE = URI.create("http://mirror.example/debian");

  @TempDir Path root;

  @BeforeEach
  void debian() throws IOException {
    write("etc/os-release", "ID=debian\nVERSION_CODENAME=\"bookworm\"\n");
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void linesAreRead() throws IOException {
    write(
        "etc/apt/sources.list",
        """
        # deb http://no.example/debian bookworm main
        deb-src http://source.example/debian bookworm main
        deb http://security.example/ bookworm-security main
        deb http://contrib.example/debian bookworm contrib
        deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/debian bookworm contrib main
        """);
    assertThat(AptSources.archive(root)).contains(ARCHIVE);
  }

  @Test
  void paragraphsAreRead() throws IOException {
    write(
        "etc/apt/sources.list.d/debian.sources",
        """
        Types: deb
        # http://snapshot.example/
        URIs: http://other.example/debian
        Suites: bookworm-security
        Components: main

        Types: deb
        URIs: http://disabled.example/debian
        Suites: bookworm
        Components: main
        Enabled: no

        Types: deb deb-src
        URIs: file:/mirror http://mirror.example/debian
        Suites: bookworm bookworm-updates
        Components: main non-free-firmware
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\
        """);
    assertThat(AptSources.archive(root)).contains(ARCHIVE);
  }

  @Test
  void anotherSystemsArchiveIsNotDebians() throws IOException {
    write("etc/os-release", "ID=ubuntu\nVERSION_CODENAME=bookworm\n");
    write("etc/apt/sources.list", "deb http://mirror.example/debian bookworm main\n");
    assertThat(AptSources.archive(root)).isEmpty();
  }

  @Test
  void whereNothingIsSaidThereIsNone() throws IOException {
    assertThat(AptSources.archive(root)).isEmpty();
    assertThat(AptSources.archive(root.resolve("nowhere"))).isEmpty();
    write("etc/apt/sources.list", "deb cdrom:[Debian]/ bookworm main\ndeb http://a b\n");
    assertThat(AptSources.archive(root)).isEmpty();
  }
}
