/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as the stub's packed image. A stream that is taken fits exactly what it decodes to, and nothing smaller.
 */
#include <stdlib.h>

#include "bios/stub/addresses.h"
#include "bios/stub/lzma.h"

#define ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t decode_into(const uint8_t *data, size_t size, uint32_t room)
{
    static struct lzma_model model;
    uint8_t *to = malloc(room ? room : 1);
    if (!to)
        abort();
    int32_t done = lzma_decode(&model, data, (uint32_t)size, to, room);
    if (done < -1 || done > (int32_t)room)
        abort();
    if (done >= 0)
        addresses_restore(to, (uint32_t)done, ADDRESS_RANGE, 0);
    free(to);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int32_t done = decode_into(data, size, ROOM);
    if (done < 0)
        return 0;
    if (decode_into(data, size, (uint32_t)done) != done)
        abort();
    if (done > 0 && decode_into(data, size, (uint32_t)done - 1) != -1)
        abort();
    return 0;
}
