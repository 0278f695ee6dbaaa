/* SPDX-License-Identifier: BSD-2-Clause */
/* The TSC, measured once against another timer, and what happens while the loader waits. */
#include "bios/home.h"
#include "bios/ports.h"
#include "platform/tsc.h"

#define PIT_CHANNEL2     0x42
#define PIT_COMMAND      0x43
#define PIT_ONE_SHOT     0xB0 /* channel 2, both bytes, mode 0: the output rises when the count is over */
#define SYSTEM_CONTROL_B 0x61
#define CONTROL_GATE2    0x01
#define CONTROL_SPEAKER  0x02
#define CONTROL_OUT2     0x20
#define PIT_HZ           1193182u
#define MEASURE_MS       2u /* a microsecond more or less is little beside it */
#define MEASURE_COUNT    (PIT_HZ * MEASURE_MS / 1000)
#define POLLS_MAX        1000000u /* of a timer that stands still: each takes half a microsecond and more */
#define PM_HZ            3579545u
#define PM_MASK          0x00FFFFFFu /* some have no more bits */
#define PM_COUNT         (PM_HZ * MEASURE_MS / 1000)
#define CPUID_CRYSTAL    0x15
#define CPUID_MHZ        0x16
#define CPUID_TSC        (1u << 4)
#define IDLE_MS          10

static deadline_t next_idle;
static bool idling;

/*
 * The TSC's advance over MEASURE_MS by the PIT; 0 when its count did not end, or was over when it began: boards of today switch
 * the chip's clock off, or leave it out, so that all bits read as ones.
 */
static uint64_t measure_by_pit(void)
{
    uint8_t control = port_read8(SYSTEM_CONTROL_B);
    port_write8(SYSTEM_CONTROL_B, (uint8_t)((control & ~CONTROL_SPEAKER) | CONTROL_GATE2));
    port_write8(PIT_COMMAND, PIT_ONE_SHOT);
    port_write8(PIT_CHANNEL2, MEASURE_COUNT & 0xFF);

    uint64_t start = tsc_read();
    port_write8(PIT_CHANNEL2, MEASURE_COUNT >> 8);
    bool counts = !(port_read8(SYSTEM_CONTROL_B) & CONTROL_OUT2);
    unsigned polls = 0;
    while (!(port_read8(SYSTEM_CONTROL_B) & CONTROL_OUT2) && ++polls < POLLS_MAX)
        ;
    uint64_t taken = tsc_read() - start;

    port_write8(SYSTEM_CONTROL_B, control);
    return counts && polls < POLLS_MAX ? taken : 0;
}

/* The same by ACPI's timer, which needs no setting up. */
static uint64_t measure_by_pm_timer(void)
{
    uint16_t port = bios_pm_timer();
    if (!port)
        return 0;

    uint32_t first = port_read32(port);
    uint64_t start = tsc_read();
    unsigned polls = 0;
    while (((port_read32(port) - first) & PM_MASK) < PM_COUNT && ++polls < POLLS_MAX)
        ;
    return polls < POLLS_MAX ? tsc_read() - start : 0;
}

/*
 * The same by the crystal that the TSC is derived from, as far as the CPU tells of it (Intel SDM, CPUID leaf 15h). Cores of the
 * time when boards left the timer chip out tell its ratio alone; their TSC runs at the base frequency (leaf 16h).
 */
static uint64_t tell_by_crystal(void)
{
    uint32_t last, eax, ebx, ecx, edx;
    cpuid(0, &last, &ebx, &ecx, &edx);
    if (last < CPUID_CRYSTAL)
        return 0;
    cpuid(CPUID_CRYSTAL, &eax, &ebx, &ecx, &edx);
    if (eax && ebx && ecx)
        return (uint64_t)ecx * ebx / eax * MEASURE_MS / 1000;
    if (last < CPUID_MHZ)
        return 0;
    cpuid(CPUID_MHZ, &eax, &ebx, &ecx, &edx);
    return (uint64_t)REG16(eax) * 1000 * MEASURE_MS;
}

bool clock_calibrate(void)
{
    if (!has_cpuid())
        return false;
    uint32_t eax, ebx, ecx, edx;
    cpuid(1, &eax, &ebx, &ecx, &edx);
    return edx & CPUID_TSC && (tsc_calibrate(measure_by_pit, MEASURE_MS) || tsc_calibrate(measure_by_pm_timer, MEASURE_MS) ||
                               tsc_calibrate(tell_by_crystal, MEASURE_MS));
}

/* Timer tick and keyboard live on pending interrupts, as far as our caller has them on. */
static void let_interrupts_in(void)
{
    if (!realmode_interrupts_allowed())
        return;
    struct realmode_block *block = realmode_block();
    block->call =
        (struct real_call){.registers.eflags = FLAG_FIXED, .target_segment = block->segment, .target_offset = block->idle_window};
    realmode_call();
}

void platform_idle(void)
{
    if (idling || !deadline_passed(next_idle))
        return;
    idling = true;
    let_interrupts_in();
    loader_idle();
    idling = false;
    next_idle = deadline_after_ms(IDLE_MS);
}
