/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers of handoff/ share: sums made right, so that they come past them, and the round trip of what is valid. */
#ifndef SANSTRAP_TESTS_FUZZ_HANDOFF_H
#define SANSTRAP_TESTS_FUZZ_HANDOFF_H

#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"
#include "tests/host/handoff_differences.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Half of all inputs, and no table that is valid as it is. */
static inline bool wants_seal(const uint8_t *data, size_t size)
{
    return bytes_sum(data, size) & 1;
}

/* A copy that ends where its memory does; never NULL. */
static inline uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* A length that lies within the memory, and a sum of 0. */
static inline void seal_ibft(uint8_t *bytes, size_t size)
{
    struct ibft_header header;
    if (size < sizeof header)
        return;

    memcpy(&header, bytes, sizeof header);
    header.checksum = 0;
    if (header.length > size)
        header.length = (uint32_t)size;
    memcpy(bytes, &header, sizeof header);
    bytes[offsetof(struct ibft_header, checksum)] = (uint8_t)-bytes_sum(bytes, header.length);
}

/* The same with a CRC, the length once more, and where it lies (ISDH_ANYWHERE: left as it is). */
static inline void seal_isdh(uint8_t *bytes, size_t size, uint64_t self)
{
    struct isdh_header header;
    if (size < sizeof header)
        return;

    memcpy(&header, bytes, sizeof header);
    if (header.length > size || header.length < sizeof header)
        header.length = (uint32_t)(size / ISDH_ALIGNMENT * ISDH_ALIGNMENT);
    header.whole_length = header.length;
    if (self != ISDH_ANYWHERE)
        header.self = header.flags & ISDH_FLAG_ACPI ? 0 : self;
    memcpy(bytes, &header, sizeof header);
    isdh_place(bytes, header.self, header.generation);
}

static inline void must(bool condition)
{
    if (!condition)
        abort();
}

/* A refusal names at least one fault, and each has a text. */
static inline void check_faults(const struct handoff_faults *faults)
{
    must(faults->count);
    for (unsigned i = 0; i < faults->count && i < HANDOFF_FAULTS; i++) {
        char text[64];
        handoff_fault_text(faults, i, text, sizeof text);
    }
}

/* One of the two formats. */
struct fuzzed_format {
    void (*seal)(uint8_t *bytes, size_t size);
    bool (*read)(const uint8_t *bytes, size_t size, struct handoff *facts, struct handoff_faults *faults);
    enum status (*write_again)(const uint8_t *bytes, const struct handoff *facts, uint8_t *to, size_t *length);
    enum what_a_table_carries carries;
};

static inline void check_round_trip(const struct fuzzed_format *format, const uint8_t *bytes, const struct handoff *facts)
{
    static uint8_t written[ISDH_LENGTH_MAX];
    size_t length;
    must(format->write_again(bytes, facts, written, &length) == OK);

    struct handoff again;
    struct handoff_faults faults;
    must(format->read(written, length, &again, &faults));
    must(!differences(facts, &again, format->carries));
}

static inline void fuzz_format(const struct fuzzed_format *format, const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    if (wants_seal(data, size))
        format->seal(bytes, size);

    struct handoff facts;
    struct handoff_faults faults;
    if (format->read(bytes, size, &facts, &faults)) {
        must(!faults.count);
        check_round_trip(format, bytes, &facts);
    } else {
        check_faults(&faults);
    }
    free(bytes);
}

#endif
