package dev.beagle.guestimage;

import java.util.List;

/**
 * The modules of the kernel that guests of pods get; those that they need come with them. All of it
 * stays in the guest's memory, so what is rare and large is left out.
 */
final class GuestModules {
  /** Sorted by what they are for. What is built into a kernel may be named too. */
  static final List<String> NAMES =
      List.of(
          // Devices of the machine.
          "virtio_mmio",
          "virtio_console",
          "virtio_rng",
          "vmw_vsock_virtio_transport",
          "virtio_net",
          "virtio_blk",
          "virtio_balloon",
          "virtio_mem",
          // File systems of containers and volumes.
          "fuse",
          "virtiofs",
          "erofs",
          "overlay",
          "ext4",
          "loop",
          // Links that pods make for themselves: VPNs, containers in containers, CNI's bridges.
          "tun",
          "veth",
          "bridge",
          "br_netfilter",
          "dummy",
          "macvlan",
          // Rules that pods set in their own network: service meshes, VPNs, by nft or iptables.
          "nf_tables",
          "nft_compat",
          "nft_ct",
          "nft_chain_nat",
          "nft_masq",
          "nft_nat",
          "nft_redir",
          "nft_reject_inet",
          "nft_fib_inet",
          "ip_tables",
          "iptable_filter",
          "iptable_mangle",
          "iptable_nat",
          "iptable_raw",
          "ip6_tables",
          "ip6table_filter",
          "ip6table_mangle",
          "ip6table_nat",
          "ipt_REJECT",
          "ip6t_REJECT",
          "xt_MASQUERADE",
          "xt_REDIRECT",
          "xt_TPROXY",
          "xt_addrtype",
          "xt_comment",
          "xt_conntrack",
          "xt_mark",
          "xt_multiport",
          "xt_nat",
          "xt_owner",
          "xt_socket",
          "xt_tcpudp");

  private GuestModules() {}
}
