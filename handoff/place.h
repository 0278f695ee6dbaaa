/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded memory that a table grows in; private to handoff/. What does not fit is counted and not written. */
#ifndef SANSTRAP_HANDOFF_PLACE_H
#define SANSTRAP_HANDOFF_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct place {
    uint8_t *bytes;
    size_t room, used;
};

/* The offset of `size` zeroed bytes at a multiple of `alignment`. */
static inline size_t place_take(struct place *place, size_t size, size_t alignment)
{
    size_t start = (place->used + alignment - 1) & ~(alignment - 1);
    if (start + size <= place->room)
        memset(place->bytes + place->used, 0, start + size - place->used);
    place->used = start + size;
    return start;
}

static inline void place_put(struct place *place, size_t at, const void *from, size_t size)
{
    if (size && at + size <= place->room)
        memcpy(place->bytes + at, from, size);
}

static inline bool place_is_full(const struct place *place)
{
    return place->used > place->room;
}

#endif
