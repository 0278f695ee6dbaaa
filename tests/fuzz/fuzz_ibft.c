/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as an iBFT. What is valid is written again, and reads as the same. */
#include "tests/fuzz/fuzz_handoff.h"

static void round_trip(const struct handoff *facts)
{
    static uint8_t written[IBFT_SIZE_MAX];
    struct handoff read;
    struct handoff_faults faults;
    size_t length;
    must(ibft_write(facts, IBFT_GATEWAY_ALWAYS, written, sizeof written, &length) == OK);
    must(ibft_read(written, length, &read, &faults));
    must(!differences(facts, &read, CARRIED_BY_IBFT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    struct handoff facts;
    struct handoff_faults faults;
    if (wants_seal(data, size))
        seal_ibft(bytes, size);
    if (ibft_read(bytes, size, &facts, &faults)) {
        must(!faults.count);
        round_trip(&facts);
    } else {
        tell(&faults);
    }
    free(bytes);
    return 0;
}
