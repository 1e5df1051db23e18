package dev.beagle.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of Go's NO_PROXY, which containerd and Docker have. */
class NoProxyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                        | localhost      | 5000 | true",
        "''                        | 127.8.9.1      | 443  | true",
        "''                        | ::1            | 443  | true",
        "''                        | example.com    | 443  | false",
        "*                         | example.com    | 443  | true",
        "example.com               | example.com    | 443  | true",
        "example.com               | a.example.com  | 443  | true",
        "EXAMPLE.com               | example.com    | 443  | true",
        "example.com               | anexample.com  | 443  | false",
        ".example.com              | a.example.com  | 443  | true",
        ".example.com              | example.com    | 443  | false",
        "*.example.com             | a.b.example.com| 443  | true",
        "*.example.com             | example.com    | 443  | false",
        "example.com:5000          | example.com    | 5000 | true",
        "example.com:5000          | example.com    | 443  | false",
        "example.com:x             | example.com    | 443  | false",
        "10.0.0.0/8                | 10.1.2.3       | 443  | true",
        "10.0.0.0/8                | 11.1.2.3       | 443  | false",
        "10.0.0.0/8                | ten.example    | 443  | false",
        "10.0.0.0/33               | 10.1.2.3       | 443  | false",
        "192.168.1.7               | 192.168.1.7    | 80   | true",
        "192.168.1.7:80            | 192.168.1.7    | 443  | false",
        "192.168.1.7               | 192.168.1.70   | 80   | false",
        "2001:db8::/32             | 2001:db8::5    | 443  | true",
        "2001:db8::5               | 2001:db8:0::5  | 443  | true",
        "[2001:db8::5]:443         | 2001:db8::5    | 443  | true",
        "[2001:db8::5]:443         | 2001:db8::5    | 80   | false",
        "' a.test , ,b.test'       | b.test         | 443  | true",
        "0/0,/8,:,[],%,a.test      | a.test         | 443  | true",
      })
  void rules(String exceptions, String host, int port, boolean covered) {
    assertThat(NoProxy.parse(exceptions).covers(host, port)).isEqualTo(covered);
  }
}
