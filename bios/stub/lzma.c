/* SPDX-License-Identifier: BSD-2-Clause */
/* After Igor Pavlov's "LZMA specification" (public domain). */
#include "bios/stub/lzma.h"

#include <stdbool.h>

#define PROBABILITY_BITS 11
#define EVEN_CHANCE      (1u << (PROBABILITY_BITS - 1))
#define ADAPTATION       5                                                   /* a probability moves by 1/32 of the way */
#define TOWARDS_ZERO     ((1u << PROBABILITY_BITS) - (1u << ADAPTATION) + 1) /* so that what is shifted out rounds down, too */
#define TOP              (1u << 24)
#define START_LENGTH     5
#define MATCH_MINIMUM    2
#define END_MARKER       0xFFFFFFFFu
#define STATE_MATCHED    7 /* from here on, what came last was no literal */

struct range_decoder {
    const uint8_t *at, *end;
    uint32_t range, code;
    bool starved; /* asked for more than there is */
};

struct lzma {
    struct range_decoder input;
    struct lzma_model *model;
    uint32_t rep[4]; /* the last distances, newest first, less 1 */
    unsigned state;
};

static uint32_t next_byte(struct range_decoder *input)
{
    if (input->at < input->end)
        return *input->at++;
    input->starved = true;
    return 0;
}

/*
 * One bit, by a range and a code that the caller has in registers: half of the time from the file's arrival to its first packet
 * is spent here. There is no jump on the bit, which no CPU predicts: `zero` has all bits set when it is 0. The probability is
 * that of a 0, and moves towards what came.
 */
static inline __attribute__((always_inline)) unsigned decode(struct range_decoder *input, uint32_t *range, uint32_t *code,
                                                             uint16_t *probability)
{
    uint32_t chance = *probability, bound = (*range >> PROBABILITY_BITS) * chance;
    uint32_t zero = 0u - (*code < bound);
    int32_t away = (int32_t)(chance - (zero & TOWARDS_ZERO));
    *probability = (uint16_t)(chance - (uint32_t)(away >> ADAPTATION)); /* an arithmetic shift */
    *range -= bound;
    *code -= bound & ~zero;
    *range += (bound - *range) & zero;
    if (*range < TOP) {
        *range <<= 8;
        *code = *code << 8 | next_byte(input);
    }
    return zero + 1;
}

static unsigned decode_bit(struct range_decoder *input, uint16_t *probability)
{
    return decode(input, &input->range, &input->code, probability);
}

/* Bits that the model says nothing about. */
static uint32_t decode_direct(struct range_decoder *input, unsigned count)
{
    uint32_t value = 0;
    while (count--) {
        input->range >>= 1;
        unsigned bit = input->code >= input->range;
        if (bit)
            input->code -= input->range;
        value = value << 1 | bit;
        if (input->range < TOP) {
            input->range <<= 8;
            input->code = input->code << 8 | next_byte(input);
        }
    }
    return value;
}

static uint32_t decode_tree(struct range_decoder *input, uint16_t *tree, uint32_t leaves)
{
    uint32_t node = 1, range = input->range, code = input->code;
    do
        node = node << 1 | decode(input, &range, &code, &tree[node]);
    while (node < leaves);
    input->range = range;
    input->code = code;
    return node - leaves;
}

static uint32_t decode_reverse_tree(struct range_decoder *input, uint16_t *tree, unsigned bits)
{
    uint32_t node = 1, value = 0;
    for (unsigned i = 0; i < bits; i++) {
        unsigned bit = decode_bit(input, &tree[node]);
        node = node << 1 | bit;
        value |= bit << i;
    }
    return value;
}

/* Less MATCH_MINIMUM. */
static uint32_t decode_length(struct range_decoder *input, struct lzma_length_model *model)
{
    if (!decode_bit(input, &model->choice[0]))
        return decode_tree(input, model->low, 8);
    if (!decode_bit(input, &model->choice[1]))
        return 8 + decode_tree(input, model->middle, 8);
    return 16 + decode_tree(input, model->high, 256);
}

/* Less 1. `length` is less MATCH_MINIMUM. */
static uint32_t decode_distance(struct range_decoder *input, struct lzma_model *model, uint32_t length)
{
    uint32_t slot = decode_tree(input, model->position_slot[length < 3 ? length : 3], 64);
    if (slot < 4)
        return slot;
    unsigned bits = (slot >> 1) - 1;
    uint32_t distance = (2 | (slot & 1)) << bits;
    if (slot < 14) /* the trees of these slots lie one after the other; node 0 of each is the last of another */
        return distance + decode_reverse_tree(input, model->position_special + (distance - slot), bits);
    distance += decode_direct(input, bits - 4) << 4;
    return distance + decode_reverse_tree(input, model->position_align, 4);
}

/*
 * After a match, the byte that the match would have gone on with chooses the tables, for as long as the literal's bits are its.
 */
static uint8_t decode_literal(struct range_decoder *input, uint16_t (*tables)[256], bool matched, unsigned expected)
{
    if (!matched)
        return (uint8_t)decode_tree(input, tables[0], 0x100);

    uint32_t symbol = 1, range = input->range, code = input->code;
    while (symbol < 0x100) {
        unsigned table = matched ? 1 + (expected >> 7 & 1) : 0;
        unsigned bit = decode(input, &range, &code, &tables[table][symbol]);
        matched = table == 1 + bit;
        expected <<= 1;
        symbol = symbol << 1 | bit;
    }
    input->range = range;
    input->code = code;
    return (uint8_t)symbol;
}

static void remember_distance(uint32_t *rep, unsigned place, uint32_t distance)
{
    for (; place; place--)
        rep[place] = rep[place - 1];
    rep[0] = distance;
}

/* A match of either kind: returns its length, its distance is rep[0]. */
static uint32_t decode_match(struct lzma *lzma)
{
    struct range_decoder *input = &lzma->input;
    struct lzma_model *model = lzma->model;
    unsigned state = lzma->state, after_match = state < STATE_MATCHED ? 0 : 3;

    if (!decode_bit(input, &model->is_rep[state])) {
        lzma->state = 7 + after_match;
        uint32_t length = decode_length(input, &model->match_length);
        remember_distance(lzma->rep, 3, decode_distance(input, model, length));
        return length + MATCH_MINIMUM;
    }

    unsigned place = 0;
    if (decode_bit(input, &model->is_rep_g0[state])) {
        place = 1;
        if (decode_bit(input, &model->is_rep_g1[state]))
            place = 2 + decode_bit(input, &model->is_rep_g2[state]);
    } else if (!decode_bit(input, &model->is_rep0_long[state])) {
        lzma->state = after_match ? 11 : 9;
        return 1;
    }
    remember_distance(lzma->rep, place, lzma->rep[place]);
    lzma->state = 8 + after_match;
    return decode_length(input, &model->rep_length) + MATCH_MINIMUM;
}

static bool start_decoder(struct lzma *lzma, const uint8_t *from, uint32_t length)
{
    if (length < START_LENGTH || from[0] != 0)
        return false;
    for (uint16_t *each = (uint16_t *)lzma->model; each < (uint16_t *)(lzma->model + 1); each++)
        *each = EVEN_CHANCE;
    lzma->input = (struct range_decoder){.at = from, .end = from + length, .range = 0xFFFFFFFF};
    for (unsigned i = 0; i < START_LENGTH; i++)
        lzma->input.code = lzma->input.code << 8 | next_byte(&lzma->input);
    return true;
}

/* Encoders end so that the code is 0 then; a decoder that went astray is left with something else. */
static bool ended_well(const struct range_decoder *input)
{
    return input->at == input->end && !input->starved && input->code == 0;
}

/* Copies a match of `count` bytes; false when it begins before the output or goes beyond its room. */
static bool copy_match(uint8_t *to, uint32_t *done, uint32_t size, uint32_t distance, uint32_t count)
{
    if (distance >= *done || count > size - *done)
        return false;
    uint8_t *at = to + *done;
    *done += count;
    for (; count; count--, at++)
        *at = at[-1 - (int32_t)distance];
    return true;
}

/* False when there is no room. */
static bool put_literal(struct lzma *lzma, uint8_t *to, uint32_t *done, uint32_t size)
{
    if (*done == size)
        return false;
    bool matched = lzma->state >= STATE_MATCHED;
    unsigned last = *done ? to[*done - 1] : 0;
    to[*done] = decode_literal(&lzma->input, lzma->model->literal[last >> (8 - LZMA_LITERAL_CONTEXT_BITS)], matched,
                               matched ? to[*done - lzma->rep[0] - 1] : 0);
    ++*done;
    lzma->state = lzma->state < 4 ? 0 : lzma->state < 10 ? lzma->state - 3 : lzma->state - 6;
    return true;
}

int32_t lzma_decode(struct lzma_model *model, const uint8_t *from, uint32_t length, uint8_t *to, uint32_t size)
{
    struct lzma lzma = {.model = model};
    if (!start_decoder(&lzma, from, length))
        return -1;

    uint32_t done = 0;
    while (!lzma.input.starved) {
        if (!decode_bit(&lzma.input, &model->is_match[lzma.state])) {
            if (!put_literal(&lzma, to, &done, size))
                return -1;
            continue;
        }

        uint32_t count = decode_match(&lzma), distance = lzma.rep[0];
        if (distance == END_MARKER)
            return ended_well(&lzma.input) ? (int32_t)done : -1;
        if (!copy_match(to, &done, size, distance, count))
            return -1;
    }
    return -1;
}
