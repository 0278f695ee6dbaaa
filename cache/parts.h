/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache's own structure, shared by its files: what is in memory (lines.c), what is under way below (errands.c), what will be
 * wanted (streams.c), and the caller's requests (cache.c).
 */
#ifndef SANSTRAP_CACHE_PARTS_H
#define SANSTRAP_CACHE_PARTS_H

#include "cache/cache.h"
#include "platform/bytes.h"

#define CACHE_BIG_LINE     (64 * KIB)
#define CACHE_SMALL_LINE   (4 * KIB)
#define CACHE_WAYS         8u /* small lines that a block can be in */
#define CACHE_STREAMS      8u
#define CACHE_ERRANDS      40u
#define CACHE_FILLS_MAX    28u        /* of the errands; the others are for demands */
#define CACHE_WINDOW_START (16 * KIB) /* or twice what the stream asks for at a time */
#define CACHE_RECENT       64u        /* requests: without a step for so long a stream has no share of the lines */
#define CACHE_STRIDES_MAX  16u        /* steps that a strided stream is ahead */

/* Who pays for bytes that may be in vain: a loan, and a share of what is demanded. Both shares are under a 25th. */
enum cache_account { ACCOUNT_NONE, ACCOUNT_STREAM, ACCOUNT_SMALL, ACCOUNTS };
#define LOAN_STREAM        (512 * KIB)
#define LOAN_SMALL         (CACHE_LOAN - LOAN_STREAM)
#define SHARE_SHIFT_STREAM 5 /* 1/32 … */
#define SHARE_SHIFT_SMALL  7 /* … + 1/128 */
#define CREDIT_MAX         (64 * MIB)

/*
 * Block numbers have 32 bits here, because 64 would be a fifth more code: what lies behind CACHE_END is neither kept nor read
 * ahead. It is a multiple of every line's size, and a request that begins before it ends within 32 bits.
 */
#define CACHE_END        0xFFFE0000u
#define CACHE_BLOCKS_MAX 0x10000u /* of a request */

/*
 * Consecutive blocks; one run of them is valid, and a fill is for others, which make that run longer. Free: no valid block, no
 * fill.
 */
struct cache_line {
    uint32_t first;                 /* block, a multiple of the line's size */
    uint32_t stamp;                 /* when it was touched last */
    uint16_t from, to;              /* valid blocks, counted from `first`; none: equal */
    uint16_t used_from, used_to;    /* the part that was demanded since its account paid for it */
    uint8_t fill;                   /* number of the errand that reads into it; 0: none */
    uint8_t writer;                 /* … that writes to its blocks: they are hidden; 0: none */
    enum cache_account account : 8; /* gets back what is demanded of it */
    bool wanted_again;              /* since it came: a small line that a scan does not flush */
};

struct cache_pool {
    struct cache_line *lines;
    struct cache_line *found; /* by the last search */
    uint8_t *data;
    uint32_t count;         /* lines, */
    uint32_t ways, sets;    /* those that a block can be in, and how many such sets there are */
    uint32_t blocks, shift; /* of each: 1 << shift */
};

enum errand_state { ERRAND_FREE, ERRAND_BUSY, ERRAND_LANDED };

/* A request of the cache's to the disk below. Number n is errands[n - 1]. */
struct cache_errand {
    struct disk_request request;
    struct disk_request *owner; /* the caller's request that this is a part of; NULL: a fill */
    struct cache_line *line;    /* of a fill */
    uint32_t lba;               /* the request's, CACHE_END at most */
    uint32_t number;            /* of a write: which it is */
    uint32_t sent_at;           /* in clock_now()s */
    bool alone;                 /* nothing else was under way then */
    enum errand_state state;    /* LANDED: a part of a read whose turn comes later */
    bool doomed;                /* what is read is not to be kept */
};

enum stream_way { STREAM_FORWARD, STREAM_BACKWARD, STREAM_STRIDED };

struct cache_stream {
    uint32_t lba; /* the last request */
    uint32_t blocks;
    uint32_t window; /* blocks; 0: it is no stream yet */
    uint32_t stride; /* from one request to the next, modulo 2^32; 0: not known */
    uint32_t ahead;  /* forward: the first block not asked for; backward: the last one that was; strided: the next step */
    uint32_t stamp;
    enum stream_way way;
    uint8_t steps; /* that fitted */
};

struct cache {
    struct disk disk; /* first, so that a struct disk * is this */
    struct disk *below;
    uint32_t blocks; /* that it deals with: all, or those before CACHE_END */
    struct cache_pool big, small;
    struct cache_errand errands[CACHE_ERRANDS];
    uint32_t errand_end; /* no errand from here on is busy or has landed */
    struct cache_stream streams[CACHE_STREAMS];
    struct disk_queue requests;        /* the caller's that are not done */
    uint32_t credit[ACCOUNTS];         /* bytes */
    uint32_t in_flight, in_flight_max; /* bytes of fills */
    uint32_t fills;                    /* errands that are */
    uint32_t parts;                    /* errands that have an owner */
    uint32_t stamp;                    /* a clock of requests */
    uint32_t writes;                   /* submitted so far */
    uint32_t doubt_since;              /* number of the last write that failed */
    uint32_t doubt_from, doubt_to;     /* blocks that it may still change; none: equal */
    uint64_t pumped_at;                /* ticks */
    uint32_t round_trip;               /* in clock_now()s: of reads that were alone; 0: not known */
    bool crowded; /* the last fill took three times as long: it had to queue behind more than the wire holds */
    bool stirred; /* somebody may get on who could not before */
    bool asked;   /* something below since its last pump */
    bool quiet;   /* reads nothing ahead */
    struct cache_figures figures;
};

/* Ticks are too fine, and differences of them too large. */
static inline uint32_t clock_now(void)
{
    return (uint32_t)(platform_ticks() >> 10);
}

static inline bool ranges_overlap(uint32_t a, uint32_t a_blocks, uint32_t b, uint32_t b_blocks)
{
    return a < b + b_blocks && b < a + a_blocks;
}

/* ---- lines.c ---- */

/* The line that has `lba`, or is being filled for it; NULL: none. */
struct cache_line *cache_find(struct cache_pool *pool, uint32_t lba);

/* The same, or one that can be filled with it; NULL: all are busy. */
struct cache_line *cache_take_line(struct cache *cache, struct cache_pool *pool, uint32_t lba);

uint8_t *cache_data(const struct cache *cache, const struct cache_line *line);

/* Nothing of it is valid any more. A fill goes on. */
void cache_drop(struct cache_line *line);

/* Blocks from..to of the line are valid, too, and in one run with those that were; else only they are. */
void cache_extend(struct cache_line *line, uint32_t from, uint32_t to);

/* Valid blocks are demanded: copied to `to`. */
void cache_serve(struct cache *cache, struct cache_line *line, uint32_t lba, uint32_t blocks, void *to);

/* Blocks that were read for a demand are kept in small lines. */
void cache_keep(struct cache *cache, uint32_t lba, uint32_t blocks, const uint8_t *data);

/* A write begins, has succeeded, has failed. */
void cache_hide(struct cache *cache, const struct cache_errand *write, uint8_t number);
void cache_renew(struct cache *cache, const struct cache_errand *write, uint8_t number);
void cache_reject(struct cache *cache, uint8_t number);

/* ---- errands.c ---- */

uint8_t cache_errand_number(const struct cache *cache, const struct cache_errand *errand);

void cache_free_errand(struct cache *cache, struct cache_errand *errand);

/* The owner's blocks from `at` on, as its own operation; false: no errand is free. */
bool cache_send_part(struct cache *cache, struct disk_request *owner, uint32_t at, uint32_t blocks);

/* Reads blocks of one line ahead; false when that cannot be, or must not. True also when they are there or on their way. */
bool cache_fill(struct cache *cache, struct cache_pool *pool, uint32_t lba, uint32_t blocks, enum cache_account account);

/* Takes in what is done below. */
void cache_reap(struct cache *cache);

/* ---- streams.c ---- */

/* A read was submitted; `late`: not all of it was in memory. */
void cache_note(struct cache *cache, uint32_t lba, uint32_t blocks, bool late);

/* Every stream reads ahead as far as it may. */
void cache_read_ahead(struct cache *cache);

/* Nothing is ahead any more. */
void cache_rewind(struct cache *cache);

/* ---- cache.c: what a request keeps in link[1] ---- */

#define READ_PLAIN 0x80000000u /* a fill has failed: ask for no more than what is wanted; or'ed to the position in blocks */

static inline uint32_t request_place(const struct disk_request *request)
{
    return (uint32_t)(uintptr_t)request->link[1];
}

static inline void set_request_place(struct disk_request *request, uint32_t place)
{
    request->link[1] = (void *)(uintptr_t)place;
}

#endif
