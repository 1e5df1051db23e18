package dev.beagle.node.cri;

import dev.beagle.cri.v1.CreateContainerRequest;
import dev.beagle.cri.v1.RunPodSandboxRequest;

/** The decisions on every field of the two requests that describe pods; docs/cri-fields.md. */
final class CriFields {
  private static final String SANDBOX_PROCESS =
      "of the sandbox's own process, which runs nothing of the pod's";
  private static final String SIZES =
      "containers have limits of their own; sizes a virtual machine, which this kind is not";
  private static final String WINDOWS = "containers here are Linux; leave it out";
  private static final String SELINUX =
      "SELinux labels are not applied here; leave out seLinuxOptions";

  static final FieldTable RUN_POD_SANDBOX =
      FieldTable.of(RunPodSandboxRequest.getDescriptor())
          .honoured("config.metadata", "name, namespace and uid are required")
          .honoured(
              "config.hostname", "at most 64 bytes; with the host's network the host's name stays")
          .honoured("config.log_directory", "absolute")
          .honoured("config.dns_config", "not set: a copy of the host's resolv.conf")
          .honoured(
              "config.port_mappings",
              "TCP and UDP; host_port 0 publishes nothing; nothing to map with the host's network")
          .honouredAsIs("config.labels", "config.annotations")
          .honoured("config.linux.cgroup_parent", "absolute")
          .honoured("config.linux.security_context.namespace_options.network", "POD and NODE")
          .honoured(
              "config.linux.security_context.namespace_options.pid", "POD, CONTAINER and NODE")
          .honoured("config.linux.security_context.namespace_options.ipc", "POD and NODE")
          .refused(
              "config.linux.security_context.namespace_options.target_id",
              "a sandbox has no target; set it on the container")
          .honoured(
              "config.linux.security_context.namespace_options.userns_options.mode",
              "NODE only: pods have no user namespace yet; leave out hostUsers: false")
          .refused(
              "config.linux.security_context.namespace_options.userns_options.uids",
              "pods have no user namespace yet; leave out hostUsers: false")
          .refused(
              "config.linux.security_context.namespace_options.userns_options.gids",
              "pods have no user namespace yet; leave out hostUsers: false")
          .refused("config.linux.security_context.selinux_options", SELINUX)
          .informative("config.linux.security_context.run_as_user", SANDBOX_PROCESS)
          .informative("config.linux.security_context.run_as_group", SANDBOX_PROCESS)
          .informative("config.linux.security_context.readonly_rootfs", SANDBOX_PROCESS)
          .informative("config.linux.security_context.supplemental_groups", SANDBOX_PROCESS)
          .informative("config.linux.security_context.supplemental_groups_policy", SANDBOX_PROCESS)
          .honoured(
              "config.linux.security_context.privileged", "allows privileged containers in it")
          .informative("config.linux.security_context.seccomp", SANDBOX_PROCESS)
          .informative("config.linux.security_context.apparmor", SANDBOX_PROCESS)
          .informative("config.linux.security_context.seccomp_profile_path", SANDBOX_PROCESS)
          .honoured("config.linux.sysctls", "those of the pod's own namespaces")
          .informative("config.linux.overhead", SIZES)
          .informative("config.linux.resources", SIZES)
          .refused("config.windows", WINDOWS)
          .honoured("runtime_handler", "a sandbox kind by name; empty for the node's default")
          .build();

  static final FieldTable CREATE_CONTAINER =
      FieldTable.of(CreateContainerRequest.getDescriptor())
          .honoured("pod_sandbox_id", "or a unique beginning of it")
          .honoured("config.metadata", "name is required")
          .honoured("config.image.image", "an image that is here, by id or name")
          .informative("config.image.annotations", "nothing here reads them")
          .informative("config.image.user_specified_image", "for people; image counts")
          .informative("config.image.runtime_handler", "all kinds run the same images")
          .informative("config.image.image_ref", "image counts")
          .honouredAsIs("config.command", "config.args")
          .honoured("config.working_dir", "absolute")
          .honoured("config.envs", "UTF-8")
          .honoured("config.mounts.container_path", "absolute")
          .honoured("config.mounts.host_path", "absolute; made as a folder when missing")
          .honouredAsIs("config.mounts.readonly")
          .informative("config.mounts.selinux_relabel", "SELinux labels are not applied here")
          .honouredAsIs("config.mounts.propagation")
          .refused("config.mounts.uidMappings", "mounts are not id-mapped; leave it out")
          .refused("config.mounts.gidMappings", "mounts are not id-mapped; leave it out")
          .honoured(
              "config.mounts.recursive_read_only",
              "where Status offers it; with readonly and private propagation")
          .refused("config.mounts.image", "image volumes are not supported; use a folder")
          .refused("config.mounts.image_sub_path", "image volumes are not supported; use a folder")
          .refused("config.mounts.mount_options", "mount options are not supported; leave it out")
          .refused("config.devices", "host devices are not passed on; use privileged")
          .honouredAsIs("config.labels", "config.annotations")
          .honoured("config.log_path", "relative to the sandbox's log_directory")
          .honouredAsIs("config.stdin", "config.stdin_once", "config.tty")
          .honouredAsIs("config.linux.resources.cpu_period", "config.linux.resources.cpu_quota")
          .honouredAsIs("config.linux.resources.cpu_shares")
          .honouredAsIs("config.linux.resources.memory_limit_in_bytes")
          .honoured("config.linux.resources.oom_score_adj", "-1000 to 1000")
          .honouredAsIs("config.linux.resources.cpuset_cpus", "config.linux.resources.cpuset_mems")
          .honoured(
              "config.linux.resources.hugepage_limits",
              "limit 0 only: huge pages cannot be granted")
          .honouredAsIs("config.linux.resources.unified")
          .honouredAsIs("config.linux.resources.memory_swap_limit_in_bytes")
          .honouredAsIs("config.linux.security_context.capabilities.add_capabilities")
          .honouredAsIs("config.linux.security_context.capabilities.drop_capabilities")
          .refused(
              "config.linux.security_context.capabilities.add_ambient_capabilities",
              "ambient capabilities are not granted; use add_capabilities")
          .honoured("config.linux.security_context.privileged", "in a sandbox that is privileged")
          .honoured("config.linux.security_context.namespace_options.network", "as the sandbox's")
          .honoured(
              "config.linux.security_context.namespace_options.pid",
              "CONTAINER, TARGET, and what the sandbox has")
          .honoured("config.linux.security_context.namespace_options.ipc", "as the sandbox's")
          .honoured(
              "config.linux.security_context.namespace_options.target_id",
              "a running container of the same sandbox, with pid TARGET")
          .honoured(
              "config.linux.security_context.namespace_options.userns_options.mode",
              "NODE only: pods have no user namespace yet; leave out hostUsers: false")
          .refused(
              "config.linux.security_context.namespace_options.userns_options.uids",
              "pods have no user namespace yet; leave out hostUsers: false")
          .refused(
              "config.linux.security_context.namespace_options.userns_options.gids",
              "pods have no user namespace yet; leave out hostUsers: false")
          .refused("config.linux.security_context.selinux_options", SELINUX)
          .honoured("config.linux.security_context.run_as_user", "0 to 2147483647")
          .honoured(
              "config.linux.security_context.run_as_group",
              "0 to 2147483647; with run_as_user or run_as_username")
          .honoured("config.linux.security_context.run_as_username", "before run_as_user")
          .honouredAsIs("config.linux.security_context.readonly_rootfs")
          .honoured("config.linux.security_context.supplemental_groups", "0 to 2147483647")
          .honouredAsIs("config.linux.security_context.supplemental_groups_policy")
          .honouredAsIs("config.linux.security_context.no_new_privs")
          .honouredAsIs("config.linux.security_context.masked_paths")
          .honouredAsIs("config.linux.security_context.readonly_paths")
          .honoured(
              "config.linux.security_context.seccomp",
              "not set: unconfined; without effect on privileged containers")
          .honoured(
              "config.linux.security_context.apparmor",
              "Unconfined only: AppArmor profiles are not applied here")
          .honoured(
              "config.linux.security_context.apparmor_profile",
              "unconfined only: AppArmor profiles are not applied here")
          .honoured(
              "config.linux.security_context.seccomp_profile_path", "where seccomp is not set")
          .refused("config.windows", WINDOWS)
          .refused("config.CDI_devices", "CDI devices are not passed on; use privileged")
          .honouredAsIs("config.stop_signal")
          .informative("sandbox_config", "the configuration that the sandbox was made with counts")
          .build();

  private CriFields() {}
}
