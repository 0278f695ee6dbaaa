/* SPDX-License-Identifier: BSD-2-Clause */
/* Three questions, as no function is answered for every kind of drive. */
#include "bios/drive_number.h"

#include "bios/home.h"
#include "bios/int13_functions.h"

#define LAST_NUMBER      0x8F /* GRUB looks no further */
#define EL_TORITO_STATUS 0x4B01
#define EL_TORITO_SIZE   0x13 /* of its specification packet, and what stands first in it */
#define EL_TORITO_DRIVE  2

static bool ask(uint32_t eax, uint32_t ebx, uint8_t number, struct real_registers *registers)
{
    struct far_pointer buffer = realmode_far(realmode_scratch());
    *registers = (struct real_registers){.eax = eax, .ebx = ebx, .edx = number, .ds = buffer.segment, .esi = buffer.offset};
    realmode_interrupt(DISK_SERVICES, registers);
    return !(registers->eflags & FLAG_CARRY);
}

bool drive_number_is_taken(uint8_t number)
{
    struct real_registers registers;
    if (ask(INT13_TYPE << 8, 0, number, &registers) && REG8_HIGH(registers.eax))
        return true;
    if (ask(EDD_CHECK << 8, EDD_CHECK_CALL, number, &registers) && REG16(registers.ebx) == EDD_CHECK_ANSWER)
        return true;

    uint8_t *packet = realmode_scratch();
    packet[0] = 0;
    return ask(EL_TORITO_STATUS, 0, number, &registers) && packet[0] == EL_TORITO_SIZE && packet[EL_TORITO_DRIVE] == number;
}

uint8_t drive_number_free(uint8_t first)
{
    for (unsigned number = first; number <= LAST_NUMBER; number++)
        if (!drive_number_is_taken((uint8_t)number))
            return (uint8_t)number;
    return first;
}
