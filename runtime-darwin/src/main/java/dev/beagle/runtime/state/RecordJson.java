package dev.beagle.runtime.state;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.beagle.runtime.pod.ContainerId;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.SandboxId;
import dev.beagle.runtime.pod.SandboxState;
import dev.beagle.runtime.pod.Seccomp;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** How records become JSON: which of a sealed type's forms it is stands in {@code type}. */
final class RecordJson {
  private RecordJson() {}

  static ObjectMapper mapper() {
    return JsonMapper.builder()
        // No member of a record may be missing: it would be found where it is used.
        .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
        .addMixIn(SandboxState.class, SandboxStateForm.class)
        .addMixIn(ContainerState.class, ContainerStateForm.class)
        .addMixIn(Identity.class, IdentityForm.class)
        .addMixIn(Seccomp.class, SeccompForm.class)
        .addMixIn(SandboxId.class, IdForm.class)
        .addMixIn(ContainerId.class, IdForm.class)
        .build();
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = SandboxState.Starting.class, name = "starting"),
    @JsonSubTypes.Type(value = SandboxState.Ready.class, name = "ready"),
    @JsonSubTypes.Type(value = SandboxState.NotReady.class, name = "notReady"),
    @JsonSubTypes.Type(value = SandboxState.Removed.class, name = "removed")
  })
  private interface SandboxStateForm {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = ContainerState.Created.class, name = "created"),
    @JsonSubTypes.Type(value = ContainerState.Running.class, name = "running"),
    @JsonSubTypes.Type(value = ContainerState.Exited.class, name = "exited")
  })
  private interface ContainerStateForm {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Identity.OfImage.class, name = "image"),
    @JsonSubTypes.Type(value = Identity.Named.class, name = "name"),
    @JsonSubTypes.Type(value = Identity.Numbered.class, name = "uid")
  })
  private interface IdentityForm {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Seccomp.Unconfined.class, name = "unconfined"),
    @JsonSubTypes.Type(value = Seccomp.RuntimeDefault.class, name = "runtimeDefault"),
    @JsonSubTypes.Type(value = Seccomp.Localhost.class, name = "localhost")
  })
  private interface SeccompForm {}

  private interface IdForm {
    @JsonValue
    String value();
  }
}
