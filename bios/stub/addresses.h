/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of unpacking: the image's words that are addresses in it, or distances to one. Pure function. */
#ifndef SANSTRAP_ADDRESSES_H
#define SANSTRAP_ADDRESSES_H

#include <stdint.h>

#include "platform/bytes.h"

/* Offsets in the image and its zeroed memory are below it; tags are multiples of it. */
#define ADDRESS_RANGE (512 * KIB)

/*
 * In the file those words are offsets in the image, with something added and big endian: so calls of one function look alike, and
 * no list need say where they are. From `tag` on they become addresses, for an image of `length` bytes at the address `base`;
 * from tag + ADDRESS_RANGE on distances from the word's end, as CALL, JMP and Jcc have them. bios/mkimage.py chose the tag so
 * that no other four bytes that the stub comes by, aligned or not, are in either range.
 */
void addresses_restore(uint8_t *image, uint32_t length, uint32_t tag, uint32_t base);

#endif
