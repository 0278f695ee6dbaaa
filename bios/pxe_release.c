/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE ROM sent home: its disks, its stack, what others would find of it, and the base memory that it had. */
#include <string.h>

#include "bios/home.h"
#include "bios/ports.h"
#include "bios/pxe.h"
#include "platform/format.h"

#define PXE_LOWEST 0x500u /* behind the BIOS data area */

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xA1
#define IRQ_CASCADE     2
#define IRQS            16

struct pxe_information {
    uint16_t status, base_io, interrupt, mtu;
    uint8_t rest[64];
} __attribute__((packed));

static bool released;
static uint8_t masked_irq = IRQS; /* IRQS: none */

/* The card's interrupt, that the ROM handled, until the next system comes with a handler of its own. */
static void mask_rom_irq(void)
{
    struct pxe_information *information = (struct pxe_information *)realmode_scratch();
    memset(information, 0, sizeof *information);
    if (!pxe_call(&pxe_found.rom, PXENV_UNDI_GET_INFORMATION, information))
        return;

    unsigned irq = information->interrupt;
    if (irq <= IRQ_CASCADE || irq >= IRQS)
        return;

    uint16_t port = irq < 8 ? PIC_MASTER_MASK : PIC_SLAVE_MASK;
    uint8_t mask = port_read8(port), bit = (uint8_t)(1u << (irq & 7));
    if (mask & bit)
        return;
    port_write8(port, mask | bit);
    masked_irq = (uint8_t)irq;
}

void pxe_restore_interrupts(void)
{
    if (masked_irq >= IRQS)
        return;
    uint16_t port = masked_irq < 8 ? PIC_MASTER_MASK : PIC_SLAVE_MASK;
    port_write8(port, (uint8_t)(port_read8(port) & ~(1u << (masked_irq & 7))));
    masked_irq = IRQS;
}

/* True when an interrupt vector still leads into [base, end). */
static bool vectors_lead_into(uint32_t base, uint32_t end)
{
    for (unsigned i = 0; i < REAL_VECTORS; i++) {
        uint32_t handler = far_linear(vector_get((uint8_t)i));
        if (handler >= base && handler < end)
            return true;
    }
    return false;
}

/*
 * Base memory that only the ROM's stack used becomes the machine's again, as far as the memory map, which changes with the
 * unloading, says RAM again.
 */
static void give_back_base_memory(void)
{
    static struct memory_map map;
    struct memory_sizes sizes;
    uint32_t limit = low_read16(BDA_BASE_MEMORY) * KIB, top = pxe_base_memory_end(&pxe_found.rom, limit);
    bios_memory_map(&map, &sizes);

    uint64_t ram_end = memory_map_ram_end(&map, 0);
    if (map.count && ram_end < top)
        top = (uint32_t)ram_end;
    uint32_t ebda = low_read16(BDA_EBDA_SEGMENT) * PARAGRAPH;
    if (ebda > limit && ebda < top)
        top = ebda;

    if (top > limit && top <= BASE_MEMORY_TOP && !vectors_lead_into(limit, top))
        low_write16(BDA_BASE_MEMORY, (uint16_t)(top / KIB));
}

/* In the order that PXE has from 2.0 on; returns whether the ROM agreed to all of it. */
static bool unload(const struct pxe_rom *rom)
{
    static const uint8_t steps[] = {PXENV_UNDI_SHUTDOWN, PXENV_UNLOAD_STACK, PXENV_STOP_UNDI};
    bool agreed = true;
    mask_rom_irq();
    for (unsigned i = 0; i < sizeof steps; i++) {
        void *parameters = memset(realmode_scratch(), 0, PARAMETERS_SIZE);
        bool last = steps[i] == PXENV_STOP_UNDI;
        bool done = pxe_call(rom, last && rom->has_cleanup ? PXENV_UNDI_CLEANUP : steps[i], parameters);
        agreed = agreed && (done || steps[i] == PXENV_UNDI_SHUTDOWN);
    }
    return agreed;
}

void pxe_release(void)
{
    if (released)
        return;
    released = true;

    rom_drives_withdraw();
    bool unloaded = pxe_found.alive && unload(&pxe_found.rom);
    if (!rom_drives_step_over(PXE_INSTALLATION))
        log_printf(LOG_WARNING, "the boot ROM does not leave INT 1Ah: what asks there may hang");
    pxe_erase(low_memory(PXE_LOWEST), BASE_MEMORY_TOP - PXE_LOWEST);
    if (unloaded)
        give_back_base_memory();
    else if (pxe_found.alive)
        log_printf(LOG_WARNING, "the boot ROM does not let itself be unloaded: its memory stays reserved");
    pxe_found.alive = false;
}

void pxe_exit(void)
{
    struct realmode_block *block = realmode_block();
    if (block->start_kind != START_NBP)
        pxe_release();
    if (!pxe_found.alive)
        return;

    block->call = (struct real_call){
        .registers = {.eax = PXENV_EXIT_FAILURE, .eflags = FLAG_FIXED | FLAG_INTERRUPT},
        .stack_segment = block->entry_ss,
        .stack_offset = block->entry_sp,
        .target_segment = block->segment,
        .target_offset = block->pxe_exit,
    };
    realmode_leave();
}
