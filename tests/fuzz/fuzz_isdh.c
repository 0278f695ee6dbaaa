/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as an ISDH table. What is valid is written again, and reads as the same. */
#include "tests/fuzz/fuzz_handoff.h"

static void seal(uint8_t *bytes, size_t size)
{
    seal_isdh(bytes, size, ISDH_ANYWHERE);
}

static bool read(const uint8_t *bytes, size_t size, struct handoff *facts, struct handoff_faults *faults)
{
    return isdh_read(bytes, size, ISDH_ANYWHERE, facts, faults);
}

/* With the same options as the table that was read. */
static enum status write_again(const uint8_t *bytes, const struct handoff *facts, uint8_t *to, size_t *length)
{
    struct isdh_header header;
    memcpy(&header, bytes, sizeof header);
    struct isdh_options options = {
        .self = header.self, .acpi = header.flags & ISDH_FLAG_ACPI, .secrets = header.flags & ISDH_FLAG_SECRETS};
    return isdh_write(facts, &options, to, ISDH_LENGTH_MAX, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzzed_format format = {seal, read, write_again, CARRIED_BY_ISDH};
    fuzz_format(&format, data, size);
    return 0;
}
