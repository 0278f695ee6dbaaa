/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare PC as the home of the driver: multiboot entry, PIT-calibrated TSC, serial log, PCI by ports. */
#include "tests/nic/machine.h"
#include "platform/platform.h"
#include "platform/tsc.h"

__asm__(".section .multiboot, \"a\"\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl _start\n"
        "_start:\n"
        "    movl $stack_top, %esp\n"
        "    pushl %ebx\n"
        "    call machine_start\n"
        "1:  hlt\n"
        "    jmp 1b\n"
        ".bss\n"
        ".align 16\n"
        ".skip 65536\n"
        "stack_top:\n");

static uint64_t ticks_per_ms;

static void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

uint64_t platform_ticks(void)
{
    return tsc_read();
}

uint64_t platform_ticks_per_ms(void)
{
    return ticks_per_ms;
}

/* Lets PIT channel 2 count 11932 / 1193182 s = 10 ms down. */
static void calibrate(void)
{
    out8(0x61, (in8(0x61) & ~2) | 1);
    out8(0x43, 0xB0);
    out8(0x42, 11932 & 0xFF);
    uint64_t start = platform_ticks();
    out8(0x42, 11932 >> 8);
    while (!(in8(0x61) & 0x20))
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
        out8(0x3F8, (uint8_t)*line);
    out8(0x3F8, '\n');
}

static uint32_t config_address(const struct pci_device *device, uint16_t offset)
{
    return 1u << 31 | (uint32_t)device->bus << 16 | (uint32_t)device->device << 11 | (uint32_t)device->function << 8 | offset;
}

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    out32(0xCF8, config_address(device, offset));
    return in32(0xCFC);
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    out32(0xCF8, config_address(device, offset));
    out32(0xCFC, value);
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    uint32_t base = platform_pci_read32(device, (uint16_t)(0x10 + 4 * bar));
    if (bar != 0 || base & 1 || (base & ~15u) == 0)
        return fail(E_NIC_REGISTERS, "BAR %u reads %08x", bar, (unsigned)base);
    device->home = (void *)(uintptr_t)(base & ~15u);
    platform_pci_write32(device, 4, (platform_pci_read32(device, 4) & 0xFFFF) | 6);
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
    if (!(in8(0x3FD) & 1))
        return false;
    in8(0x3F8);
    return true;
}

void machine_exit(uint8_t code)
{
    out32(0x501, code);
}

/* Called by _start with the multiboot information structure. */
void machine_start(const uint32_t *multiboot);
void machine_start(const uint32_t *multiboot)
{
    calibrate();
    machine_exit((uint8_t)image_main((const char *)(uintptr_t)multiboot[4]));
}
