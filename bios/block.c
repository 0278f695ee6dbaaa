/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts by the real-mode block, for the stub and for the image that it unpacks: no data, no other function's code. */
#include "bios/block.h"

#include "bios/low_memory.h"

void block_interrupt(struct realmode_block *block, uint8_t number, struct real_registers *registers, bool interrupts)
{
    struct real_call *call = &block->call;
    struct far_pointer handler = vector_get(number);
    call->registers = *registers;
    call->registers.eflags = (registers->eflags & ~(FLAG_INTERRUPT | FLAG_VM)) | FLAG_FIXED;
    call->stack_segment = call->stack_offset = 0;
    call->target_offset = handler.offset;
    call->target_segment = handler.segment;
    call->pushes = 1;
    call->push[0] = (uint16_t)(call->registers.eflags | (interrupts ? FLAG_INTERRUPT : 0));
    block_call(block);
    *registers = call->registers;
}
