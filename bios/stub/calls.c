/* SPDX-License-Identifier: BSD-2-Clause */
/* Operands of CALL and JMP become distances again. */
#include "bios/stub/calls.h"

#define CALL_OR_JMP        0xE8 /* E8h and E9h */
#define INSTRUCTION_LENGTH 5

struct operand {
    uint32_t value;
} __attribute__((packed));

void calls_restore(uint8_t *image, uint32_t length)
{
    for (uint32_t next = INSTRUCTION_LENGTH; next <= length; next++) {
        const uint8_t *instruction = image + next - INSTRUCTION_LENGTH;
        if ((*instruction & 0xFE) != CALL_OR_JMP)
            continue;

        struct operand *operand = (struct operand *)(instruction + 1);
        if (operand->value + next < length + next)
            operand->value += operand->value < length ? -next : length;
        next += INSTRUCTION_LENGTH - 1;
    }
}
