/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that nicdrv/, net/ and iscsi/ know of the machine they run in.
 *
 * An image has exactly one definition of each function below: its home's (bios/, efi/, tests/host/), but for the time on bare
 * metal, which is that of platform/bare/tsc.c, and arena_take() and the texts of status.h and format.h, which are platform/'s
 * own. They are resolved when the image is linked, so an undefined-symbol list of the three layers is the proof that they use
 * nothing else.
 * One thread calls them, never an interrupt handler. Integer types are of fixed size throughout: `long` differs
 * between the ABIs that this code is compiled for.
 */
#ifndef SANSTRAP_PLATFORM_H
#define SANSTRAP_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/status.h"

/*
 * A small function on the way of each call of a disk's that has two callers or three, and so would be called where code is to be
 * small: behind its return an emulated CPU has to look for the code that follows.
 */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- time ---- */

/* A counter that only rises, cheap to read (the TSC on bare metal). */
uint64_t platform_ticks(void);

/* How fast platform_ticks() rises; constant once the home has started, never 0. */
uint64_t platform_ticks_per_ms(void);

/* Busy-waits; for register-level delays that a data sheet demands, not for waiting on events. */
void platform_stall_us(uint32_t microseconds);

/*
 * To be called once in every turn of a loop that waits: the home lets the machine live (pending real-mode interrupts,
 * a watchdog). It must not re-enter the layers.
 */
void platform_idle(void);

/* A moment in time, in ticks. Every wait has one. */
typedef uint64_t deadline_t;

static inline deadline_t deadline_after_ms(uint32_t milliseconds)
{
    return platform_ticks() + milliseconds * platform_ticks_per_ms();
}

static inline bool deadline_passed(deadline_t deadline)
{
    return platform_ticks() >= deadline;
}

/* ---- log and randomness ---- */

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Takes one line of text without its newline. Callers format with log_printf() of platform/format.h. */
void platform_log(enum log_level level, const char *line);

/* Fills `buffer` with bytes that an outsider cannot predict: ISNs, CHAP challenges, DHCP transaction numbers. */
void platform_random(void *buffer, size_t length);

/* ---- memory ---- */

/*
 * The one piece of memory that the layers live from. The home hands it over mapped and reachable by bus masters;
 * memory at `base + n` is seen by the device at `bus + n`. Taken from the front, never given back piecemeal.
 */
struct arena {
    uint8_t *base;
    uint64_t bus;
    size_t size;
    size_t used;
};

/*
 * Takes `size` zeroed bytes, aligned to `alignment` (a power of two) in both virtual and bus address.
 * NULL when the arena has not that much left; the caller names what it wanted it for in its own error.
 */
void *arena_take(struct arena *arena, size_t size, size_t alignment);

/* The bus address of a byte inside the arena. */
static inline uint64_t arena_bus(const struct arena *arena, const void *inside)
{
    return arena->bus + (uint64_t)((const uint8_t *)inside - arena->base);
}

/* Keeps the compiler and the CPU from moving memory accesses across; x86 keeps stores in order by itself. */
static inline void platform_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

/* ---- PCI ---- */

struct pci_device {
    uint16_t segment;
    uint8_t bus, device, function;
    uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
    uint8_t revision;
    struct pci_device
        *above; /* the bridge that it is behind, for its configuration space alone; NULL: none that the home knows */
    void *home; /* the home's own, untouched by the layers */
};

/* Configuration space; `offset` is a multiple of 4 below 256. What does not answer reads as FFFFFFFF. */
uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset);
void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value);

/*
 * Makes BAR `bar` (0..5) reachable by the register functions below and switches its decoding on; bus mastering is switched on by
 * the driver, when the card cannot write any more to memory that another has given it. BAR 0 comes first; one of I/O ports may
 * follow, which not every home has. E_NIC_REGISTERS when the BAR is absent, unassigned, or out of this home's reach. Under UEFI
 * this also takes the card from the firmware and moves the arena into memory that the card reaches: E_NIC_FIRMWARE when the
 * firmware does not let go, E_NIC_MEMORY when it has no such memory; it has the card again then.
 */
enum status platform_map_registers(struct pci_device *device, unsigned bar);

/* A 32-bit register at `offset` bytes into a BAR that was mapped. Accesses are neither merged nor reordered. */
uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset);
void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value);

#endif
