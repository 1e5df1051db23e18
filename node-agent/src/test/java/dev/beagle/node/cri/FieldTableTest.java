package dev.beagle.node.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.Mount;
import dev.beagle.cri.v1.RunPodSandboxRequest;
import dev.beagle.failure.Failure;
import dev.beagle.failure.FailureKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The decisions on every field, held against the protocol and against docs/cri-fields.md. */
final class FieldTableTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "cri-fields.md");

  static List<FieldTable> tables() {
    return List.of(CriFields.RUN_POD_SANDBOX, CriFields.CREATE_CONTAINER);
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyFieldOfTheProtocolIsDecided(FieldTable table) {
    assertThat(table.undecided()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("tables")
  void whatIsNotHonouredSaysWhyOrTheWayOut(FieldTable table) {
    assertThat(table.rules())
        .filteredOn(rule -> rule.treatment() != FieldTable.Treatment.HONOURED)
        .allSatisfy(rule -> assertThat(rule.note()).isNotBlank());
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyRefusedFieldThatIsSetIsRefusedByName(FieldTable table) {
    assertThat(table.rules())
        .filteredOn(rule -> rule.treatment() == FieldTable.Treatment.REFUSED)
        .isNotEmpty()
        .allSatisfy(rule -> {
          DynamicMessage request = RequestFields.withOnly(table.request(), rule.path());
          assertThatThrownBy(() -> table.check(request))
              .isInstanceOfSatisfying(
                  Failure.class,
                  failure -> {
                    assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_ARGUMENT);
                    assertThat(failure.reason().replaceAll("\\[\\d+]", ""))
                        .isEqualTo(rule.path() + ": " + rule.note());
                  });
        });
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyOtherFieldThatIsSetPasses(FieldTable table) {
    assertThat(table.rules())
        .filteredOn(rule -> rule.treatment() != FieldTable.Treatment.REFUSED)
        .isNotEmpty()
        .allSatisfy(rule -> table.check(RequestFields.withOnly(table.request(), rule.path())));
  }

  @Test
  void aFieldOfALaterProtocolPasses() {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();

    CriFields.RUN_POD_SANDBOX.check(
        RunPodSandboxRequest.newBuilder().setUnknownFields(later).build());
  }

  @Test
  void aValueOfALaterProtocolIsRefused() {
    CreateContainerRequest.Builder request = CreateContainerRequest.newBuilder();
    request.getConfigBuilder().addMounts(Mount.newBuilder().setPropagationValue(7));

    assertThatThrownBy(() -> CriFields.CREATE_CONTAINER.check(request.build()))
        .hasMessage("config.mounts[0].propagation: value 7 is not known to this version");
  }

  @Test
  void aNulCharacterIsRefusedWhereverItIs() {
    CreateContainerRequest.Builder request = CreateContainerRequest.newBuilder();
    request.getConfigBuilder().addArgs("fine").addArgs("a\0b").putLabels("k", "v");

    assertThatThrownBy(() -> CriFields.CREATE_CONTAINER.check(request.build()))
        .hasMessage("config.args[1]: contains a NUL character");

    CreateContainerRequest.Builder label = CreateContainerRequest.newBuilder();
    label.getConfigBuilder().putLabels("k", "\0");
    assertThatThrownBy(() -> CriFields.CREATE_CONTAINER.check(label.build()))
        .hasMessageContaining("config.labels[0].value");
  }

  @Test
  void aRuleForNoFieldOrForADecidedOneIsADefect() {
    FieldTable.Builder table =
        FieldTable.of(RunPodSandboxRequest.getDescriptor()).honouredAsIs("config.metadata");

    assertThatThrownBy(() -> table.honouredAsIs("config.metadat"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> table.honouredAsIs("config.metadata.name"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(table.build().undecided())
        .contains("runtime_handler", "config.linux.sysctls")
        .doesNotContain("config.metadata", "config.metadata.name");
  }

  /** With -Dgolden.update=true the document is written anew instead. */
  @Test
  void theDocumentIsTheTable() throws IOException {
    String rendered = FieldTableDocument.render(tables());
    if (Boolean.getBoolean("golden.update")) {
      Files.createDirectories(DOCUMENT.getParent());
      Files.writeString(DOCUMENT, rendered);
    }

    assertThat(DOCUMENT).content().isEqualTo(rendered);
  }
}
