/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SANSTRAP_LZ4_H
#define SANSTRAP_LZ4_H

#include <stdint.h>

/*
 * Decodes one LZ4 block (lz4_Block_format.md) of `length` bytes. Returns how many bytes were written to `to`, at most `size`;
 * -1 when the block is damaged or holds more. Neither buffer is left.
 */
int32_t lz4_decode(const uint8_t *from, uint32_t length, uint8_t *to, uint32_t size);

#endif
