/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub's decoder for the one LZMA stream that the file holds. Pure function. */
#ifndef SANSTRAP_LZMA_H
#define SANSTRAP_LZMA_H

#include <stdint.h>

/* The stream's parameters are fixed, as bios/mkimage.py is the only one to write any: lc=3, lp=0, pb=0. */
#define LZMA_LITERAL_CONTEXT_BITS 3
#define LZMA_STATES               12

struct lzma_length_model {
    uint16_t choice[2];
    uint16_t low[8], middle[8], high[256];
};

/* What the decoder has learnt: probabilities, and nothing else. Names and sizes are the LZMA specification's. */
struct lzma_model {
    uint16_t is_match[LZMA_STATES];
    uint16_t is_rep[LZMA_STATES];
    uint16_t is_rep_g0[LZMA_STATES], is_rep_g1[LZMA_STATES], is_rep_g2[LZMA_STATES];
    uint16_t is_rep0_long[LZMA_STATES];
    uint16_t position_slot[4][64];
    uint16_t position_special[115];
    uint16_t position_align[16];
    struct lzma_length_model match_length, rep_length;
    uint16_t literal[1 << LZMA_LITERAL_CONTEXT_BITS][3][256];
};

/*
 * Decodes a raw LZMA stream of `length` bytes that ends with an end marker. Returns how many bytes were written to `to`, at most
 * `size` (below 2 GiB); -1 when the stream is cut short, holds more, has something behind it or does not end as encoders end: all
 * but the shortest streams do not when they are damaged, and the image has a sum (bios/core.h). Neither buffer is left. *model is
 * working memory; it comes in as anything.
 */
int32_t lzma_decode(struct lzma_model *model, const uint8_t *from, uint32_t length, uint8_t *to, uint32_t size);

#endif
