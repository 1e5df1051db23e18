package dev.beagle.net.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PacketViewPropertyTest {
  @Property
  void anyBytesAreParsedWithoutLeavingThem(@ForAll @Size(max = 200) byte[] bytes) {
    PacketView view = new PacketView();
    ByteBuffer frame = ByteBuffer.wrap(bytes);
    if (bytes.length > 27) {
      frame.putShort(24, (short) PacketView.TYPE_IPV4);
      frame.put(26, (byte) 0x45);
    }
    PacketView.Kind kind = view.parse(frame);
    assertThat(kind).isNotNull();
    assertThat(view.end()).isLessThanOrEqualTo(bytes.length);
    new TcpHeader().parse(frame, Math.min(34, bytes.length), bytes.length);
  }

  @Property
  void aTcpHeaderIsReadAsItWasWritten(
      @ForAll int sequence,
      @ForAll int acknowledgment,
      @ForAll @IntRange(max = 0xFFFF) int port,
      @ForAll @IntRange(max = 0xFFFF) int window,
      @ForAll @IntRange(max = 0x1F) int otherFlags,
      @ForAll @IntRange(min = 1, max = 0xFFFF) int segmentSize,
      @ForAll @IntRange(max = 14) int scale) {
    TcpHeader written = new TcpHeader();
    written.sourcePort = port;
    written.destinationPort = 0xFFFF - port;
    written.sequence = sequence;
    written.acknowledgment = acknowledgment;
    written.flags = otherFlags | TcpHeader.SYN;
    written.window = window;
    written.maximumSegmentSize = segmentSize;
    written.windowScale = scale;
    ByteBuffer buffer = ByteBuffer.allocate(100);
    written.write(buffer, 30);
    TcpHeader read = new TcpHeader();
    assertThat(read.parse(buffer, 30, 30 + written.emittedLength())).isTrue();
    assertThat(read).usingRecursiveComparison().ignoringFields("headerLength").isEqualTo(written);
    assertThat(read.headerLength).isEqualTo(written.emittedLength());
  }

  @Property
  void aChecksumFoldsToAllOnesOverWhatItCovers(@ForAll @Size(min = 2, max = 300) byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    buffer.putShort(0, (short) 0);
    buffer.putShort(0, (short) Checksum.finish(Checksum.sum(buffer, 0, bytes.length)));
    assertThat(Checksum.fold(Checksum.sum(buffer, 0, bytes.length))).isEqualTo(0xFFFF);
  }

  @Property
  void addressesSurviveTheirText(@ForAll long high, @ForAll long low, @ForAll int ipv4) {
    IpAddress six = new IpAddress(high, low);
    IpAddress four = IpAddress.ofIpv4(ipv4);
    assertThat(IpAddress.parse(six.toString())).isEqualTo(six);
    assertThat(IpAddress.parse(four.toString())).isEqualTo(four);
    assertThat(IpAddress.of(six.toInetAddress())).isEqualTo(six);
  }
}
