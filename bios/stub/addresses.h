/* SPDX-License-Identifier: BSD-2-Clause */
/* The last step of unpacking: the image's words that are addresses in it. Pure function. */
#ifndef SANSTRAP_ADDRESSES_H
#define SANSTRAP_ADDRESSES_H

#include <stdint.h>

#include "platform/bytes.h"

/* Offsets in the image and its zeroed memory are below it: tags are multiples of it. */
#define ADDRESS_RANGE MIB

/*
 * Makes addresses of offsets, for an image of `length` bytes at the address `base`. In the file they have `tag` added, which
 * bios/mkimage.py chose so that no other word of the image, aligned or not, is in [tag, tag + ADDRESS_RANGE): no list need say
 * where they are.
 */
void addresses_restore(uint8_t *image, uint32_t length, uint32_t tag, uint32_t base);

#endif
