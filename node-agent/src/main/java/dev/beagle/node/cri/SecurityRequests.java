package dev.beagle.node.cri;

import dev.beagle.cri.v1.LinuxContainerSecurityContext;
import dev.beagle.cri.v1.NamespaceOption;
import dev.beagle.cri.v1.SecurityProfile.ProfileType;
import dev.beagle.cri.v1.SupplementalGroupsPolicy;
import dev.beagle.runtime.pod.Container;
import dev.beagle.runtime.pod.ContainerState;
import dev.beagle.runtime.pod.Identity;
import dev.beagle.runtime.pod.NamespaceMode;
import dev.beagle.runtime.pod.Sandbox;
import dev.beagle.runtime.pod.SandboxSpec;
import dev.beagle.runtime.pod.Seccomp;
import dev.beagle.runtime.pod.SecuritySpec;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** The security context of a CreateContainer request. */
final class SecurityRequests {
  private static final String CONTEXT = "config.linux.security_context.";
  private static final String NAMESPACES = CONTEXT + "namespace_options.";

  private SecurityRequests() {}

  static SecuritySpec spec(LinuxContainerSecurityContext context, Sandbox sandbox) {
    if (context.getPrivileged() && !sandbox.spec().privileged()) {
      throw Fields.refused(
          CONTEXT + "privileged",
          "no privileged container allowed in sandbox " + sandbox.id().shortForm());
    }
    checkAppArmor(context);
    context
        .getSupplementalGroupsList()
        .forEach(group -> Fields.id(CONTEXT + "supplemental_groups", group));
    NamespaceMode pid = pid(context, sandbox.spec());
    return new SecuritySpec(
        context.getPrivileged(),
        context.getReadonlyRootfs(),
        context.getNoNewPrivs(),
        user(context),
        group(context),
        context.getSupplementalGroupsList(),
        context.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.Strict,
        capabilities(context.getCapabilities().getAddCapabilitiesList()),
        capabilities(context.getCapabilities().getDropCapabilitiesList()),
        seccomp(context),
        context.getMaskedPathsList(),
        context.getReadonlyPathsList(),
        pid,
        pidTarget(context.getNamespaceOptions(), pid, sandbox));
  }

  private static Identity user(LinuxContainerSecurityContext context) {
    if (!context.getRunAsUsername().isEmpty()) {
      return new Identity.Named(context.getRunAsUsername());
    }
    return context.hasRunAsUser()
        ? new Identity.Numbered(
            Fields.id(CONTEXT + "run_as_user", context.getRunAsUser().getValue()))
        : new Identity.OfImage();
  }

  private static OptionalLong group(LinuxContainerSecurityContext context) {
    if (!context.hasRunAsGroup()) {
      return OptionalLong.empty();
    }
    if (!context.hasRunAsUser() && context.getRunAsUsername().isEmpty()) {
      throw Fields.refused(CONTEXT + "run_as_group", "needs run_as_user or run_as_username");
    }
    return OptionalLong.of(Fields.id(CONTEXT + "run_as_group", context.getRunAsGroup().getValue()));
  }

  private static List<String> capabilities(List<String> names) {
    return names.stream()
        .map(name -> name.toUpperCase(Locale.ROOT))
        .map(name -> name.startsWith("CAP_") ? name.substring("CAP_".length()) : name)
        .toList();
  }

  @SuppressWarnings("deprecation") // Older kubelets say it in the field of before.
  private static void checkAppArmor(LinuxContainerSecurityContext context) {
    if (context.hasApparmor() && context.getApparmor().getProfileType() != ProfileType.Unconfined) {
      throw Fields.refused(
          CONTEXT + "apparmor",
          context.getApparmor().getProfileType()
              + ": AppArmor profiles are not applied here; use Unconfined");
    }
    String old = context.getApparmorProfile();
    if (!old.isEmpty() && !old.equals("unconfined")) {
      throw Fields.refused(
          CONTEXT + "apparmor_profile",
          old + ": AppArmor profiles are not applied here; use unconfined");
    }
  }

  @SuppressWarnings("deprecation") // Older kubelets say it in the field of before.
  private static Seccomp seccomp(LinuxContainerSecurityContext context) {
    if (context.getPrivileged()) {
      return new Seccomp.Unconfined();
    }
    if (!context.hasSeccomp()) {
      return seccompByPath(context.getSeccompProfilePath());
    }
    return switch (context.getSeccomp().getProfileType()) {
      case RuntimeDefault -> new Seccomp.RuntimeDefault();
      case Unconfined -> new Seccomp.Unconfined();
      case Localhost ->
          new Seccomp.Localhost(
              Fields.absolute(
                  CONTEXT + "seccomp.localhost_ref", context.getSeccomp().getLocalhostRef()));
      case UNRECOGNIZED -> throw Fields.refused(CONTEXT + "seccomp.profile_type", "unknown value");
    };
  }

  /** The deprecated field: a word, or {@code localhost/} and a path. */
  private static Seccomp seccompByPath(String profile) {
    return switch (profile) {
      case "", "unconfined" -> new Seccomp.Unconfined();
      case "runtime/default", "docker/default" -> new Seccomp.RuntimeDefault();
      default -> {
        String field = CONTEXT + "seccomp_profile_path";
        if (!profile.startsWith("localhost/")) {
          throw Fields.refused(field, "\"" + profile + "\" is not a profile; use seccomp");
        }
        yield new Seccomp.Localhost(
            Fields.absolute(field, profile.substring("localhost/".length())));
      }
    };
  }

  /** POD, which is also "not set", is whatever the sandbox has. */
  private static NamespaceMode pid(LinuxContainerSecurityContext context, SandboxSpec sandbox) {
    NamespaceOption options = context.getNamespaceOptions();
    SandboxRequests.checkUserNamespace(CONTEXT + "namespace_options", options);
    checkShared("network", options.getNetwork(), sandbox.network());
    checkShared("ipc", options.getIpc(), sandbox.ipc());
    return switch (options.getPid()) {
      case POD -> {
        if (context.hasNamespaceOptions() && sandbox.pid() == NamespaceMode.CONTAINER) {
          throw Fields.refused(
              NAMESPACES + "pid",
              "the sandbox has no PID namespace to share; run it with pid POD, or use CONTAINER");
        }
        yield sandbox.pid();
      }
      case CONTAINER -> NamespaceMode.CONTAINER;
      case NODE -> {
        if (sandbox.pid() != NamespaceMode.NODE) {
          throw Fields.refused(
              NAMESPACES + "pid", "NODE needs a sandbox that was run with pid NODE");
        }
        yield NamespaceMode.NODE;
      }
      case TARGET -> NamespaceMode.TARGET;
      case UNRECOGNIZED -> throw Fields.refused(NAMESPACES + "pid", "unknown value");
    };
  }

  private static void checkShared(
      String kind, dev.beagle.cri.v1.NamespaceMode asked, NamespaceMode sandbox) {
    if (asked != dev.beagle.cri.v1.NamespaceMode.POD && !asked.name().equals(sandbox.name())) {
      throw Fields.refused(
          NAMESPACES + kind, asked + " differs from the sandbox's, which is " + sandbox);
    }
  }

  private static String pidTarget(NamespaceOption options, NamespaceMode pid, Sandbox sandbox) {
    String field = NAMESPACES + "target_id";
    if (pid != NamespaceMode.TARGET) {
      if (!options.getTargetId().isEmpty()) {
        throw Fields.refused(field, "needs pid TARGET");
      }
      return "";
    }
    String id = Fields.required(field, options.getTargetId());
    for (Container container : sandbox.containers()) {
      if (container.id().value().equals(id)
          && container.state() instanceof ContainerState.Running) {
        return id;
      }
    }
    throw Fields.refused(field, id + " is not a running container of the sandbox");
  }
}
