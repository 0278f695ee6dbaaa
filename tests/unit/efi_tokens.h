/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of BlockIo2 with tokens that have numbers, on a disk that answers when the test says so. */
#ifndef SANSTRAP_TESTS_EFI_TOKENS_H
#define SANSTRAP_TESTS_EFI_TOKENS_H

#include "tests/unit/efi_disk.h"

static EFI_BLOCK_IO2_TOKEN tokens[TOKENS];
static uint8_t pieces[TOKENS][8 * BLOCK];

static EFI_BLOCK_IO2_TOKEN *token_of(unsigned number)
{
    tokens[number] = (EFI_BLOCK_IO2_TOKEN){.Event = (EFI_EVENT)((uintptr_t)TOKEN + number), .TransactionStatus = EFI_NOT_READY};
    signals[number] = 0;
    return &tokens[number];
}

static inline EFI_STATUS begin_read(unsigned number, EFI_LBA lba, unsigned blocks)
{
    return io2->ReadBlocksEx(io2, io2->Media->MediaId, lba, token_of(number), blocks * BLOCK, pieces[number]);
}

static inline EFI_STATUS begin_write(unsigned number, EFI_LBA lba, unsigned blocks)
{
    return io2->WriteBlocksEx(io2, io2->Media->MediaId, lba, token_of(number), blocks * BLOCK, pieces[number]);
}

static inline EFI_STATUS begin_flush(unsigned number)
{
    return io2->FlushBlocksEx(io2, token_of(number));
}

static inline bool ended_with(unsigned number, EFI_STATUS status)
{
    return signals[number] == 1 && tokens[number].TransactionStatus == status;
}

static inline bool is_under_way(unsigned number)
{
    return signals[number] == 0 && tokens[number].TransactionStatus == EFI_NOT_READY;
}

static inline int set_up_silent(void **state)
{
    set_up(state);
    disk_is_silent = true;
    for (unsigned i = 0; i < sizeof medium; i++)
        medium[i] = (uint8_t)(i / BLOCK + i);
    return 0;
}

#endif
