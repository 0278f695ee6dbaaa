/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's memory: by segment and offset, with A20 on or off, or by a flat address. */
#include <string.h>

#include "bios/int13_functions.h"
#include "bios/low_memory.h"
#include "platform/bytes.h"

#define WRAP          MIB       /* where addresses begin again at 0 with A20 off */
#define REAL_MODE_END 0x10FFF0u /* one past FFFF:FFFF */

struct int13_buffer int13_buffer_at(uint16_t segment, uint16_t offset, bool a20)
{
    return (struct int13_buffer){.flat = false, .a20 = a20, .address = segment * PARAGRAPH + offset};
}

bool int13_buffer_reaches(const struct int13_buffer *buffer, uint64_t length)
{
    if (length == 0)
        return true;
    if (buffer->flat)
        return length - 1 <= UINT64_MAX - buffer->address && realmode_flat_pointer(buffer->address, length);
    if (!buffer->a20)
        return length <= WRAP;
    return length <= REAL_MODE_END - buffer->address;
}

uint8_t *int13_buffer_run(const struct int13_buffer *buffer, uint64_t offset, uint64_t length, uint64_t *run)
{
    if (buffer->flat) {
        *run = length;
        return realmode_flat_pointer(buffer->address + offset, length);
    }

    uint32_t linear = (uint32_t)(buffer->address + offset);
    uint32_t end = REAL_MODE_END;
    if (!buffer->a20) {
        linear &= WRAP - 1;
        end = WRAP;
    }

    *run = length < end - linear ? length : end - linear;
    uint32_t segment = linear >> 4 < 0xFFFF ? linear >> 4 : 0xFFFF;
    return realmode_pointer((uint16_t)segment, (uint16_t)(linear - segment * PARAGRAPH), buffer->a20);
}

void int13_buffer_get(const struct int13_buffer *buffer, uint64_t offset, void *to, uint32_t length)
{
    uint8_t *bytes = to;
    for (uint64_t done = 0, run; done < length; done += run) {
        const uint8_t *from = int13_buffer_run(buffer, offset + done, length - done, &run);
        memcpy(bytes + done, from, (size_t)run);
    }
}

void int13_buffer_put(const struct int13_buffer *buffer, uint64_t offset, const void *from, uint32_t length)
{
    const uint8_t *bytes = from;
    for (uint64_t done = 0, run; done < length; done += run) {
        uint8_t *to = int13_buffer_run(buffer, offset + done, length - done, &run);
        memcpy(to, bytes + done, (size_t)run);
    }
}
