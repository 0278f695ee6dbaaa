/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that a ROM put behind INT 13h itself: iPXE, or a vendor's iSCSI ROM, that was given a root path with the boot file. Once
 * its stack is gone, calls for them hang for minutes, and calls for others come back with interrupts off.
 *
 * iPXE withdraws a disk, and ends its session, by a command that its API for files carries out. Of any other, the handler is
 * stepped over: it stays in memory that stays reserved.
 */
#include <string.h>

#include "bios/home.h"
#include "bios/hook_chain.h"
#include "bios/int13.h"
#include "bios/pxe.h"
#include "platform/format.h"

#define ROMS_MAX         4  /* each may have been loaded by the one before: undionly.kpxe by the card's ROM */
#define DRIVES_MAX       16 /* that a ROM is asked to withdraw, from 80h on */
#define VECTORS_END      0x400u
#define DRIVE_PARAMETERS 0x0800 /* AX */
#define GOODBYE_MS       100    /* for the ROM to end its connection: it waits a second for it later, the card closed */

struct pxe_file_exec {
    uint16_t status;
    struct far_pointer command;
} __attribute__((packed));

/* The ROM in base memory whose code is at this address: the one that was found, or one that it hides. */
static bool find_owner(uint32_t code, struct pxe_rom *owner)
{
    *owner = pxe_found.rom;
    if (pxe_found.alive && pxe_covers(owner, code))
        return true;

    uint32_t first = low_read16(BDA_BASE_MEMORY) * KIB;
    for (uint32_t at = first; at < BASE_MEMORY_TOP; at += PARAGRAPH) {
        const uint8_t *bytes = low_memory(at);
        struct pxe_pointer pxe;
        if ((pxe_read(bytes, BASE_MEMORY_TOP - at, owner) || pxenv_read(bytes, BASE_MEMORY_TOP - at, owner, &pxe)) &&
            pxe_covers(owner, code))
            return true;
    }
    return false;
}

static bool leads_into(const struct pxe_rom *owner, uint8_t vector)
{
    return pxe_covers(owner, far_linear(vector_get(vector)));
}

static bool step_over(const struct pxe_rom *owner, uint8_t vector)
{
    struct far_pointer next = hook_next(low_memory(0), vector_get(vector));
    uint32_t linear = far_linear(next);
    if (linear < VECTORS_END || pxe_covers(owner, linear))
        return false;
    vector_set(vector, next);
    return true;
}

bool rom_drives_step_over(uint8_t vector)
{
    struct pxe_rom owner;
    return !find_owner(far_linear(vector_get(vector)), &owner) || step_over(&owner, vector);
}

/* iPXE goes on with its network while it is asked whether a file is there to be read; handle 0 is none. */
static void let_it_say_goodbye(const struct pxe_rom *owner)
{
    deadline_t until = deadline_after_ms(GOODBYE_MS);
    do {
        struct pxe_file_select *select = memset(realmode_scratch(), 0, PARAMETERS_SIZE);
        pxe_call(owner, PXENV_FILE_SELECT, select);
    } while (!deadline_passed(until));
}

/* True when the ROM has taken its handler out of INT 13h, as it does with its last disk. */
static bool ask_to_withdraw(const struct pxe_rom *owner)
{
    if (!pxe_offers(owner, PXENV_FILE_EXEC))
        return false;

    for (unsigned i = 0; i < DRIVES_MAX && leads_into(owner, DISK_SERVICES); i++) {
        struct pxe_file_exec *exec = (struct pxe_file_exec *)realmode_scratch();
        char *command = (char *)realmode_scratch() + PARAMETERS_SIZE;
        format_text(command, PARAMETERS_SIZE, "sanunhook --drive 0x%x", INT13_HARD_DISKS + i);
        *exec = (struct pxe_file_exec){.command = realmode_far(command)};
        if (!pxe_call(owner, PXENV_FILE_EXEC, exec))
            break; /* gPXE has not the command, and says so on the screen */
    }
    if (leads_into(owner, DISK_SERVICES))
        return false;
    let_it_say_goodbye(owner);
    return true;
}

/* ROMs raise the BIOS's count of disks and leave it so: the last ones that nobody answers for do not count. */
static void put_disk_count_right(void)
{
    for (uint8_t count = low_read8(BDA_DISK_COUNT); count; count--) {
        struct real_registers registers = {.eax = DRIVE_PARAMETERS, .edx = INT13_HARD_DISKS + count - 1};
        realmode_interrupt(DISK_SERVICES, &registers);
        if (!(registers.eflags & FLAG_CARRY))
            return;
        low_write8(BDA_DISK_COUNT, count - 1);
    }
}

/* The table that tells of the ROM's disk; settings have been taken from it by now, if they were to be. */
static void erase_ibft(const struct pxe_rom *owner)
{
    for (uint32_t at = low_read16(BDA_BASE_MEMORY) * KIB; at < BASE_MEMORY_TOP; at += PARAGRAPH)
        if (pxe_covers(owner, at) && handoff_table_at(low_memory(at), BASE_MEMORY_TOP - at) == HANDOFF_IBFT)
            memset(low_memory(at), 0, 4);
}

void rom_drives_withdraw(void)
{
    struct pxe_rom owner;
    unsigned found = 0;
    for (; found < ROMS_MAX && find_owner(far_linear(vector_get(DISK_SERVICES)), &owner); found++) {
        erase_ibft(&owner);
        if (pxe_found.alive && ask_to_withdraw(&owner))
            log_printf(LOG_INFO, "the boot ROM has withdrawn its own disk");
        else if (step_over(&owner, DISK_SERVICES))
            log_printf(LOG_WARNING, "the boot ROM had a disk of its own: INT 13h goes round it, and it stays in memory");
        else {
            log_printf(LOG_WARNING, "the boot ROM has a disk of its own that does not go away: what asks for it will hang");
            return; /* nor is it asked for here, where disks are counted */
        }
    }

    if (found)
        put_disk_count_right();
}
