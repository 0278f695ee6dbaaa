/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare PC as the home of the driver: multiboot entry, PIT-calibrated TSC, serial log, PCI by ports. */
#include "tests/nic/machine.h"

#include "bios/ports.h"
#include "platform/platform.h"
#include "platform/tsc.h"

__asm__(".section .multiboot, \"a\"\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl _start\n"
        "_start:\n"
        "    movl $stack_top, %esp\n"
        "    movl %ebx, %eax\n"
        "    call machine_start\n"
        "1:  hlt\n"
        "    jmp 1b\n"
        ".bss\n"
        ".align 16\n"
        ".skip 65536\n"
        "stack_top:\n");

#define COM1           0x3F8
#define COM1_STATUS    (COM1 + 5)
#define COM1_RECEIVED  1
#define PIT_CHANNEL_2  0x42
#define PIT_MODE       0x43
#define PIT_COUNT_DOWN 0xB0  /* channel 2, both bytes, mode 0 */
#define PIT_10_MS      11932 /* of 1193182 Hz */
#define SPEAKER        0x61
#define SPEAKER_GATE   1
#define SPEAKER_DATA   2
#define SPEAKER_OUTPUT 0x20
#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA    0xCFC
#define CONFIG_ENABLE  (1u << 31)
#define BAR_IO         1u
#define BAR_ATTRIBUTES 15u
#define DEBUG_EXIT     0x501 /* QEMU's isa-debug-exit */

static uint64_t ticks_per_ms;

uint64_t platform_ticks(void)
{
    return tsc_read();
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

static void calibrate(void)
{
    port_write8(SPEAKER, (port_read8(SPEAKER) & ~SPEAKER_DATA) | SPEAKER_GATE);
    port_write8(PIT_MODE, PIT_COUNT_DOWN);
    port_write8(PIT_CHANNEL_2, PIT_10_MS & 0xFF);
    uint64_t start = platform_ticks();
    port_write8(PIT_CHANNEL_2, PIT_10_MS >> 8);
    while (!(port_read8(SPEAKER) & SPEAKER_OUTPUT))
        ;
    ticks_per_ms = (platform_ticks() - start) / 10;
}

void platform_stall_us(uint32_t microseconds)
{
    tsc_stall_us(ticks_per_ms, microseconds);
}

void platform_idle(void)
{
}

void platform_log(enum log_level level, const char *line)
{
    (void)level;
    for (; *line != '\0'; line++)
        port_write8(COM1, (uint8_t)*line);
    port_write8(COM1, '\n');
}

static uint32_t config_address(const struct pci_device *device, uint16_t offset)
{
    return CONFIG_ENABLE | (uint32_t)device->bus << 16 | (uint32_t)device->device << 11 | (uint32_t)device->function << 8 |
           offset;
}

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    port_write32(CONFIG_ADDRESS, config_address(device, offset));
    return port_read32(CONFIG_DATA);
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    port_write32(CONFIG_ADDRESS, config_address(device, offset));
    port_write32(CONFIG_DATA, value);
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    uint32_t base = platform_pci_read32(device, (uint16_t)(PCI_BAR_0 + 4 * bar));
    if (bar != 0 || base & BAR_IO || (base & ~BAR_ATTRIBUTES) == 0)
        return fail(E_NIC_REGISTERS, "BAR %u reads %08x", bar, (unsigned)base);
    device->home = (void *)(uintptr_t)(base & ~BAR_ATTRIBUTES);
    platform_pci_write32(device, PCI_COMMAND,
                         (platform_pci_read32(device, PCI_COMMAND) & 0xFFFF) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return OK;
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    (void)bar;
    return *(volatile uint32_t *)((uint8_t *)device->home + offset);
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    *(volatile uint32_t *)((uint8_t *)device->home + offset) = value;
}

bool machine_take_byte(void)
{
    if (!(port_read8(COM1_STATUS) & COM1_RECEIVED))
        return false;
    port_read8(COM1);
    return true;
}

void machine_exit(uint8_t code)
{
    port_write32(DEBUG_EXIT, code);
}

/* Called by _start with the multiboot information structure. */
void machine_start(const uint32_t *multiboot);
void machine_start(const uint32_t *multiboot)
{
    calibrate();
    machine_exit((uint8_t)image_main((const char *)(uintptr_t)multiboot[4]));
}
