/* SPDX-License-Identifier: BSD-2-Clause */
#include "bios/stub/lz4.h"

#include <stdbool.h>

#define MATCH_MINIMUM 4
#define LENGTH_FIELD  15 /* a nibble of this value goes on in bytes */

struct lz4_input {
    const uint8_t *at, *end;
};

/* A length whose nibble is full goes on in bytes, up to one that is not 255. */
static bool extend_length(struct lz4_input *input, uint32_t *length)
{
    if (*length != LENGTH_FIELD)
        return true;
    uint8_t more;
    do {
        if (input->at == input->end || *length > INT32_MAX)
            return false;
        more = *input->at++;
        *length += more;
    } while (more == 255);
    return true;
}

int32_t lz4_decode(const uint8_t *from, uint32_t length, uint8_t *to, uint32_t size)
{
    struct lz4_input input = {from, from + length};
    uint32_t done = 0;
    while (input.at != input.end) {
        uint8_t token = *input.at++;
        uint32_t literals = token >> 4;
        if (!extend_length(&input, &literals) || literals > (uint32_t)(input.end - input.at) || literals > size - done)
            return -1;
        while (literals--)
            to[done++] = *input.at++;
        if (input.at == input.end) /* the last sequence has no match */
            return (int32_t)done;
        if (input.end - input.at < 2)
            return -1;
        uint32_t distance = input.at[0] | (uint32_t)input.at[1] << 8;
        input.at += 2;
        uint32_t match = token & 15;
        if (!extend_length(&input, &match) || distance == 0 || distance > done || match > size - done ||
            MATCH_MINIMUM > size - done - match)
            return -1;
        for (match += MATCH_MINIMUM; match--; done++)
            to[done] = to[done - distance];
    }
    return -1;
}
