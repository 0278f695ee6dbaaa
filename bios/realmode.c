/* SPDX-License-Identifier: BSD-2-Clause */
/* The C side of real mode: where the block is, calls through it, and which memory programs' flat buffers may name. */
#include "bios/realmode.h"

#include <string.h>

#include "bios/home.h"
#include "platform/bytes.h"

static struct realmode_block *block;
static struct memory_range protected_ranges[3]; /* image, arena, block and what stands with it; size 0: none yet */
static bool interrupts_allowed;

void realmode_start(struct realmode_block *at, const struct memory_range *image)
{
    block = at;
    protected_ranges[0] = *image;
    interrupts_allowed = true;
}

struct realmode_block *realmode_block(void)
{
    return block;
}

uint8_t *realmode_scratch(void)
{
    return low_memory(block_scratch(block));
}

struct far_pointer realmode_far(const void *low)
{
    uint32_t linear = (uint32_t)(uintptr_t)low;
    return (struct far_pointer){.offset = linear & 15, .segment = (uint16_t)(linear >> 4)};
}

void realmode_protect(const struct memory_range *range)
{
    protected_ranges[1] = *range;
}

void realmode_call(void)
{
    block_call(block);
}

void realmode_leave(void)
{
    block_leave(block);
}

void realmode_give_scratch_away(void)
{
    block_use_stack(block, block->segment, block->size);
    block->kept_words = 0;
}

void realmode_take_scratch_back(void)
{
    block_use_scratch_stack(block);
}

bool realmode_stack_is_sound(void)
{
    uint32_t canary;
    memcpy(&canary, (const uint8_t *)block + block->canary, sizeof canary);
    return canary == BLOCK_STACK_CANARY;
}

void realmode_move(uint16_t segment, uint32_t first)
{
    struct realmode_block *to = low_memory(segment * PARAGRAPH);
    memmove(to, block, block->size);
    block->call = (struct real_call){.registers.eflags = FLAG_FIXED, .target_segment = segment, .target_offset = block->init};
    block_call(block);

    block = to;
    protected_ranges[2] = (struct memory_range){first, BASE_MEMORY_TOP - first};
}

bool realmode_allow_interrupts(bool allowed)
{
    bool before = interrupts_allowed;
    interrupts_allowed = allowed;
    return before;
}

bool realmode_interrupts_allowed(void)
{
    return interrupts_allowed;
}

void realmode_interrupt(uint8_t number, struct real_registers *registers)
{
    block_interrupt(block, number, registers, interrupts_allowed);
}

void *realmode_pointer(uint16_t segment, uint16_t offset, bool a20)
{
    uint32_t linear = segment * PARAGRAPH + offset;
    return low_memory(a20 ? linear : linear & 0xFFFFF);
}

void *realmode_flat_pointer(uint64_t address, uint64_t length)
{
    if (length == 0 || address > UINT32_MAX || length > (1ull << 32) - address)
        return NULL;

    for (unsigned i = 0; i < sizeof protected_ranges / sizeof *protected_ranges; i++) {
        const struct memory_range *range = &protected_ranges[i];
        if (range->size && address < (uint64_t)range->base + range->size && address + length > range->base)
            return NULL;
    }
    return low_memory((uint32_t)address);
}
