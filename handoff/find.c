/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds tables in memory: by signature, magic and length. */
#include <string.h>

#include "handoff/handoff.h"
#include "platform/bytes.h"

uint32_t handoff_table_length(const uint8_t *bytes)
{
    return get_le32(bytes + offsetof(struct ibft_header, length));
}

enum handoff_table handoff_table_by_signature(const uint8_t bytes[4])
{
    /* As the specification has it; as ACPI tables are called; and as one firmware wrote it, which Linux takes, too. */
    static const char *const ibft[] = {IBFT_SIGNATURE, IBFT_SIGNATURE_ACPI, IBFT_SIGNATURE_SWAPPED};
    for (unsigned i = 0; i < sizeof ibft / sizeof *ibft; i++)
        if (!memcmp(bytes, ibft[i], 4))
            return HANDOFF_IBFT;
    return memcmp(bytes, ISDH_SIGNATURE, 4) ? HANDOFF_NO_TABLE : HANDOFF_ISDH;
}

enum handoff_table handoff_table_at(const uint8_t *bytes, size_t size)
{
    if (size < sizeof(struct ibft_header))
        return HANDOFF_NO_TABLE;

    enum handoff_table table = handoff_table_by_signature(bytes);
    uint32_t length = handoff_table_length(bytes);
    if (length > size)
        return HANDOFF_NO_TABLE;

    if (table != HANDOFF_ISDH)
        return table;
    if (length < sizeof(struct isdh_header) || memcmp(bytes + offsetof(struct isdh_header, magic), ISDH_MAGIC, 16))
        return HANDOFF_NO_TABLE;
    return HANDOFF_ISDH;
}

size_t handoff_find(enum handoff_table table, const uint8_t *memory, size_t size, size_t from, size_t step)
{
    for (size_t at = from; at < size; at += step)
        if (handoff_table_at(memory + at, size - at) == table)
            return at;
    return size;
}
