/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row of reads and writes such as boot code makes, the same for whoever has the seed (image.py has it, too): streams forward,
 * backward and strided, several at a time; single ones anywhere, and near to where a stream is; writes, most of them there.
 */
#ifndef EXERCISER_WALK_H
#define EXERCISER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#define WALK_STREAMS 6u
#define WALK_NEAR    64u

struct walk_stream {
    uint32_t first, count, left;
    uint32_t step; /* modulo 2^32 */
};

struct walk {
    uint32_t random; /* not 0 */
    uint32_t blocks; /* that there are */
    uint32_t most;   /* at a time */
    struct walk_stream streams[WALK_STREAMS];
};

struct walk_step {
    bool write;
    uint32_t first, count;
};

static inline uint32_t walk_random(struct walk *walk, uint32_t limit)
{
    walk->random ^= walk->random << 13;
    walk->random ^= walk->random >> 17;
    walk->random ^= walk->random << 5;
    return walk->random % limit;
}

/* Half of all are of 16 blocks at most, a quarter is of one. */
static inline uint32_t walk_count(struct walk *walk)
{
    uint32_t kind = walk_random(walk, 4);

    return kind == 0 ? 1 + walk_random(walk, walk->most) : kind == 1 ? 1 : 1 + walk_random(walk, 16);
}

static inline void walk_begin_stream(struct walk *walk, uint32_t index)
{
    struct walk_stream *stream = &walk->streams[index];

    stream->count = walk_count(walk);
    stream->first = walk_random(walk, walk->blocks - stream->count + 1);
    stream->left = 1 + walk_random(walk, 60);
    stream->step = index % 3 == 0 ? stream->count : index % 3 == 1 ? 0 - stream->count : walk_random(walk, 256) - 128;
}

static inline struct walk_step walk_next(struct walk *walk)
{
    uint32_t kind = walk_random(walk, 100), index = walk_random(walk, WALK_STREAMS);
    struct walk_stream *stream = &walk->streams[index];

    if (kind < 60) {
        if (!stream->left || stream->first > walk->blocks - stream->count)
            walk_begin_stream(walk, index);
        struct walk_step step = {false, stream->first, stream->count};
        stream->first += stream->step;
        stream->left--;
        return step;
    }

    uint32_t count = walk_count(walk), places = walk->blocks - count + 1;
    bool near = kind < 68 || (kind >= 75 && kind < 90);
    uint32_t first = near ? (stream->first + walk_random(walk, WALK_NEAR)) % places : walk_random(walk, places);
    return (struct walk_step){kind >= 75, first, count};
}

#endif
