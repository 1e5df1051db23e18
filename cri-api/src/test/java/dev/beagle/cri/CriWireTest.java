package dev.beagle.cri;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.beagle.cri.v1.CriProto;
import dev.beagle.cri.v1.ImageServiceGrpc;
import dev.beagle.cri.v1.RuntimeServiceGrpc;
import io.grpc.MethodDescriptor.MethodType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The compiled proto against {@code cri-v1.tsv}, in both directions. */
final class CriWireTest {
  @Test
  void theCompiledProtoIsTheTableAndNothingElse() throws IOException {
    assertThat(WireTable.rowsOf(CriProto.getDescriptor()))
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(table());
  }

  @Test
  void theServicesAreFoundUnderTheNamesThatClientsDial() {
    assertThat(RuntimeServiceGrpc.SERVICE_NAME).isEqualTo("runtime.v1.RuntimeService");
    assertThat(ImageServiceGrpc.SERVICE_NAME).isEqualTo("runtime.v1.ImageService");
    assertThat(RuntimeServiceGrpc.getServiceDescriptor().getMethods()).hasSize(37);
    assertThat(ImageServiceGrpc.getServiceDescriptor().getMethods()).hasSize(6);
    assertThat(RuntimeServiceGrpc.getGetContainerEventsMethod().getType())
        .isEqualTo(MethodType.SERVER_STREAMING);
  }

  @Test
  void whatTheTableHasNoRowForIsSeen() throws DescriptorValidationException {
    FileDescriptorProto.Builder file = CriProto.getDescriptor().toProto().toBuilder();
    var version = file.getMessageTypeBuilder(0);
    version.addReservedName("gone");
    version.addOneofDeclBuilder().setName("choice");
    version.getFieldBuilder(0).setOneofIndex(0).setNumber(9);

    List<String> rows =
        WireTable.rowsOf(FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]));

    assertThat(rows)
        .contains(
            "reserved\tVersionRequest\t\t\t\t",
            "oneof\tVersionRequest\tchoice\t\t\t",
            "field\tVersionRequest\tversion\t9\tstring\t");
  }

  private static List<String> table() throws IOException {
    try (InputStream file = CriWireTest.class.getResourceAsStream("/cri-v1.tsv")) {
      String text = new String(Objects.requireNonNull(file).readAllBytes(), UTF_8);
      return text.lines().skip(1).filter(line -> !line.isBlank()).toList();
    }
  }
}
