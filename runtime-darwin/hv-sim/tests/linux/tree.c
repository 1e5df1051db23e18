/* SPDX-License-Identifier: GPL-2.0-only */
/* The device tree of the toy VMM. */
#include "fdt.h"
#include "vmm.h"

#include <stdio.h>

static void fdt_cpus(fdt_t *f) {
  fdt_begin(f, "cpus");
  CELLS(f, "#address-cells", 1);
  CELLS(f, "#size-cells", 0);
  for (int i = 0; i < cpu_count; i++) {
    char name[16];
    snprintf(name, sizeof name, "cpu@%d", i);
    fdt_begin(f, name);
    fdt_string(f, "device_type", "cpu");
    fdt_string(f, "compatible", "arm,armv8");
    fdt_string(f, "enable-method", "psci");
    CELLS(f, "reg", (uint32_t)i);
    fdt_end(f);
  }
  fdt_end(f);
}

static void fdt_devices(fdt_t *f) {
  fdt_begin(f, "intc@8000000");
  fdt_string(f, "compatible", "arm,gic-v3");
  fdt_bytes(f, "interrupt-controller", "", 0);
  CELLS(f, "#interrupt-cells", 3);
  CELLS(f, "reg", 0, (uint32_t)GICD_BASE, 0, 0x10000, 0, (uint32_t)GICR_BASE, 0,
        (uint32_t)cpu_count * 0x20000);
  CELLS(f, "phandle", 1);
  fdt_end(f);
  fdt_begin(f, "clk");
  fdt_string(f, "compatible", "fixed-clock");
  CELLS(f, "#clock-cells", 0);
  CELLS(f, "clock-frequency", 24000000);
  CELLS(f, "phandle", 2);
  fdt_end(f);
  fdt_begin(f, "pl011@9000000");
  fdt_string(f, "compatible", "arm,pl011;arm,primecell");
  CELLS(f, "reg", 0, (uint32_t)UART_BASE, 0, 0x1000);
  CELLS(f, "interrupts", 0, UART_INTID - 32, 4);
  CELLS(f, "clocks", 2, 2);
  fdt_string(f, "clock-names", "uartclk;apb_pclk");
  fdt_end(f);
  fdt_begin(f, "virtio_mmio@a000000");
  fdt_string(f, "compatible", "virtio,mmio");
  CELLS(f, "reg", 0, (uint32_t)RNG_BASE, 0, 0x200);
  CELLS(f, "interrupts", 0, RNG_INTID - 32, 4);
  fdt_bytes(f, "dma-coherent", "", 0);
  fdt_end(f);
}

void make_device_tree(const char *args, uint64_t initrd_end) {
  static fdt_t f;
  fdt_begin(&f, "");
  CELLS(&f, "#address-cells", 2);
  CELLS(&f, "#size-cells", 2);
  fdt_string(&f, "compatible", "linux,dummy-virt");
  CELLS(&f, "interrupt-parent", 1);
  fdt_begin(&f, "chosen");
  fdt_string(&f, "bootargs", args);
  fdt_string(&f, "stdout-path", "/pl011@9000000");
  CELLS(&f, "linux,initrd-start", 0, (uint32_t)INITRD_ADDR);
  CELLS(&f, "linux,initrd-end", 0, (uint32_t)initrd_end);
  fdt_end(&f);
  fdt_begin(&f, "memory@40000000");
  fdt_string(&f, "device_type", "memory");
  CELLS(&f, "reg", 0, (uint32_t)RAM_BASE, 0, (uint32_t)RAM_SIZE);
  fdt_end(&f);
  fdt_cpus(&f);
  fdt_begin(&f, "psci");
  fdt_string(&f, "compatible", "arm,psci-1.0;arm,psci-0.2");
  fdt_string(&f, "method", "hvc");
  fdt_end(&f);
  fdt_begin(&f, "timer");
  fdt_string(&f, "compatible", "arm,armv8-timer");
  fdt_bytes(&f, "always-on", "", 0);
  CELLS(&f, "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
  fdt_end(&f);
  fdt_devices(&f);
  fdt_end(&f);
  fdt_finish(&f, ram + (DTB_ADDR - RAM_BASE));
}
