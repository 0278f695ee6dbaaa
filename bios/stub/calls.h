/* SPDX-License-Identifier: BSD-2-Clause */
/* The step after unpacking: calls as the CPU wants them. Pure function. */
#ifndef SANSTRAP_CALLS_H
#define SANSTRAP_CALLS_H

#include <stdint.h>

/*
 * Undoes what bios/mkimage.py did for the packer's sake: where a byte is the opcode of CALL or JMP with a 32-bit operand, the
 * operand, a distance from the instruction's end, had been made an offset in the image, so that calls of one function look alike.
 * Data that looks like a call has been treated the same, and comes back the same.
 *
 * An instruction that ends at `next` may hold any distance from -next to length - 1; the sums that go beyond the image have
 * `length` taken off. Other operands are as they were.
 */
void calls_restore(uint8_t *image, uint32_t length);

#endif
