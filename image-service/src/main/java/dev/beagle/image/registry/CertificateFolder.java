package dev.beagle.image.registry;

import dev.beagle.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Docker's older layout of a registry's folder, read where there is no {@code hosts.toml}: {@code
 * *.crt} are authorities, {@code NAME.cert} with {@code NAME.key} is a client's certificate.
 */
final class CertificateFolder {
  private CertificateFolder() {}

  static TlsSettings read(Path folder) throws IOException {
    List<Path> authorities = new ArrayList<>();
    List<TlsSettings.ClientKey> clientKeys = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> entries = Files.list(folder)) {
      files = entries.sorted().toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (name.endsWith(".crt")) {
        authorities.add(file);
      } else if (name.endsWith(".cert")) {
        Path key = folder.resolve(name.substring(0, name.length() - "cert".length()) + "key");
        if (!Files.exists(key)) {
          throw Failure.invalidArgument("client certificate " + file + " lacks its key " + key);
        }
        clientKeys.add(new TlsSettings.ClientKey(file, key));
      }
    }
    return new TlsSettings(authorities, clientKeys, false);
  }
}
