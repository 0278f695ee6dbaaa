/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk on a disk (iscsi/disk.h) that reads ahead and remembers. It lives in memory of the caller's, allocates nothing, and
 * waits only where it says so.
 *
 * Streams, several at a time: forward, backward, strided. Two steps that fit make one; its window begins small and doubles each
 * time that a demand overtakes it, so that it grows as far as round trip and rate ask for and no farther. Reading ahead fills
 * lines of 64 KiB; small reads are kept in lines of 4 KiB, which no stream flushes. Large reads that miss go straight into the
 * caller's memory. Writes go through.
 *
 * What is read below but never asked for is bounded by construction: CACHE_LOAN bytes and a 25th of what was asked for. Only
 * reads are speculative, and only into the cache's own memory. One that fails is nobody's failure: the demand is asked anew.
 * Of a disk of some 2^32 blocks or more, what lies behind those is read and written but not kept.
 *
 * Nothing stale: everything is dropped when the epoch of the disk below changes. A write in flight hides what it overlaps, and
 * what is being read there is thrown away; once it is done with OK the lines have its data. Where one has failed or was given up
 * nothing is kept until a later write is done, because the disk below may still carry it out until then.
 *
 * A request that is served from memory is done when it is submitted. Nobody pumps then, so the cache does, below: at once when it
 * has asked for something, from time to time while something is on its way, and first of all when the caller was away for long.
 */
#ifndef SANSTRAP_CACHE_H
#define SANSTRAP_CACHE_H

#include "iscsi/disk.h"

#define CACHE_MEMORY     (2 * 1024u * 1024u)        /* a good size */
#define CACHE_MEMORY_MIN (256 * 1024u)              /* with blocks of up to 4096 bytes; with larger ones 4 MiB */
#define CACHE_LOAN       (512 * 1024u + 64 * 1024u) /* bytes: for streams, and for small reads that are made longer */

/*
 * Places a cache in `size` bytes at `memory`, aligned to 16. Both and the disk below are its own from now on: whoever else writes
 * to that disk, or changes its fields without a new epoch, makes it lie. NULL, with E_INVALID_ARGUMENT recorded, when the memory
 * is too small. max_blocks and all other fields are those of the disk below.
 *
 * At most `in_flight` bytes that nobody has asked for are on their way at one time; 0: none.
 */
struct disk *cache_new(void *memory, size_t size, struct disk *below, uint32_t in_flight);

/* How many bytes, that nobody waits for or somebody, are on their way into the cache's memory. */
uint32_t cache_in_flight(const struct disk *cache);

/*
 * Waits until nothing is on its way into the cache's memory any more. What has not landed when `deadline` passes is cancelled,
 * and then it is E_DISK_TIMEOUT. Reads nothing ahead meanwhile; requests that are not done go on.
 */
enum status cache_settle(struct disk *cache, deadline_t deadline);

/* Everything is forgotten, and what is on its way is thrown away when it lands. */
void cache_forget(struct disk *cache);

/* Bytes since cache_new(). ahead - used is what was read in vain so far, or is not asked for yet. */
struct cache_figures {
    uint64_t demanded; /* by the caller's reads */
    uint64_t ahead;    /* asked for below although nobody had asked for all of it */
    uint64_t used;     /* of those, demanded later */
};
struct cache_figures cache_figures(const struct disk *cache);

#endif
