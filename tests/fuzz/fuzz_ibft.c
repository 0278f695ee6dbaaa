/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as an iBFT. What is valid is written again, and reads as the same; what the lenient reader takes of the
 * others can be written again, too, and is valid then.
 */
#include "tests/fuzz/fuzz_handoff.h"

static bool read(const uint8_t *bytes, size_t size, struct handoff *facts, struct handoff_faults *faults)
{
    return ibft_read(bytes, size, facts, faults);
}

static enum status write_again(const uint8_t *bytes, const struct handoff *facts, uint8_t *to, size_t *length)
{
    (void)bytes;
    return ibft_write(facts, IBFT_GATEWAY_ALWAYS, to, IBFT_SIZE_MAX, length);
}

static void read_leniently(const uint8_t *data, size_t size)
{
    static uint8_t written[IBFT_SIZE_MAX];
    uint8_t *bytes = copy_of(data, size);
    if (wants_seal(data, size))
        seal_ibft(bytes, size);

    struct handoff facts;
    struct handoff_faults faults;
    size_t length;
    if (ibft_read_leniently(bytes, size, &facts, &faults))
        must(ibft_write(&facts, IBFT_GATEWAY_ALWAYS, written, sizeof written, &length) == OK);
    else
        check_faults(&faults);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzzed_format format = {seal_ibft, read, write_again, CARRIED_BY_IBFT};
    fuzz_format(&format, data, size);
    read_leniently(data, size);
    return 0;
}
