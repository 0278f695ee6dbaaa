/* SPDX-License-Identifier: BSD-2-Clause */
/* A dump's bytes, from the disk to a file, or only looked at. */
#ifndef SANSTRAP_TOOLS_SAVECORE_COPY_H
#define SANSTRAP_TOOLS_SAVECORE_COPY_H

#include "tools/savecore/area.h"

#define COPY_NOWHERE (-1)

struct copied {
    uint64_t length; /* bytes read */
    uint64_t filled; /* of them, what is not zero and so takes room: whole pages */
    uint32_t crc32c; /* of all of them */
};

/*
 * Copies the first `length` bytes of the area's dump to `file`, an empty one, leaving out pages of zeros. False: it cannot be
 * read or written to its end, which was told, and *copied tells how far it went.
 */
bool copy_dump(const struct area *area, uint64_t length, int file, struct copied *copied);

/* Reads a complete dump through; one whose bytes are not those of its trailer's CRC becomes damaged. False as above. */
bool copy_verify(struct area *area);

/* Makes it damaged when these are not its bytes. */
void copy_judge(struct area *area, const struct copied *copied);

#endif
