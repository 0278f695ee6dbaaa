/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as an ISDH table. What is valid is written again, and reads as the same. */
#include "tests/fuzz/fuzz_handoff.h"

static void round_trip(const uint8_t *bytes, const struct handoff *facts)
{
    static uint8_t written[ISDH_LENGTH_MAX];
    struct isdh_header header;
    struct handoff read;
    struct handoff_faults faults;
    size_t length;
    memcpy(&header, bytes, sizeof header);
    struct isdh_options options = {
        .self = header.self, .acpi = header.flags & ISDH_FLAG_ACPI, .secrets = header.flags & ISDH_FLAG_SECRETS};
    must(isdh_write(facts, &options, written, sizeof written, &length) == OK);
    must(isdh_read(written, length, header.self, &read, &faults));
    must(!differences(facts, &read, CARRIED_BY_ISDH));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    struct handoff facts;
    struct handoff_faults faults;
    if (wants_seal(data, size))
        seal_isdh(bytes, size, ISDH_ANYWHERE);
    if (isdh_read(bytes, size, ISDH_ANYWHERE, &facts, &faults)) {
        must(!faults.count);
        round_trip(bytes, &facts);
    } else {
        tell(&faults);
    }
    free(bytes);
    return 0;
}
