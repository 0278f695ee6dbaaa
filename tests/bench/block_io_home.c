/* SPDX-License-Identifier: BSD-2-Clause */
/* The works by BlockIo: a mode of the conformance application, which finds the disk and has the buffers. */
#include "tests/bench/works.h"
#include "tests/efi/conformance.h"

#define STALL_US 500000u

const uint32_t home_plan_lba = CONFIG_OFFSET / SECTOR + 8;

bool home_transfer(bool writes, uint32_t lba, uint32_t sectors)
{
    if (sectors > WORKS_CALL_MAX)
        return false;
    uint64_t offset = (uint64_t)lba * SECTOR, length = (uint64_t)sectors * SECTOR;
    return (writes ? write_bytes(offset, length, subject.buffer) : read_bytes(offset, length, subject.buffer)) == EFI_SUCCESS;
}

uint32_t home_word(uint32_t index)
{
    return ((uint32_t *)subject.buffer)[index];
}

void home_put_word(uint32_t index, uint32_t value)
{
    ((uint32_t *)subject.buffer)[index] = value;
}

uint32_t home_trace_word(uint32_t index)
{
    return ((uint32_t *)subject.second)[index];
}

void home_put_trace_word(uint32_t index, uint32_t value)
{
    ((uint32_t *)subject.second)[index] = value;
}

uint32_t home_measure_second(uint32_t (*now)(void))
{
    uint32_t start = now();
    subject.boot->Stall(STALL_US);
    return (now() - start) * (1000000 / STALL_US);
}

void measure_works(void)
{
    uint32_t wrong = works_run();
    check(wrong == 0, "works", "%u calls", (unsigned)wrong);
}
