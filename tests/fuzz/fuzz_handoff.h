/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers of handoff/ share: sums made right, so that they come past them, and the round trip of what is valid. */
#ifndef SANSTRAP_TESTS_FUZZ_HANDOFF_H
#define SANSTRAP_TESTS_FUZZ_HANDOFF_H

#include <stdlib.h>
#include <string.h>

#include "handoff/handoff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Half of all inputs, and no table that is valid as it is. */
static inline bool wants_seal(const uint8_t *data, size_t size)
{
    return handoff_sum(data, size) & 1;
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
    bytes[offsetof(struct ibft_header, checksum)] = (uint8_t)-handoff_sum(bytes, header.length);
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
    header.checksum = 0;
    header.crc32 = 0;
    memcpy(bytes, &header, sizeof header);
    header.crc32 = handoff_crc32(0, bytes, header.length);
    memcpy(bytes, &header, sizeof header);
    bytes[offsetof(struct isdh_header, checksum)] = (uint8_t)-handoff_sum(bytes, header.length);
}

/* ---- facts that both tables carry ------------------------------------------------------------------------------------ */

static inline void must(bool condition)
{
    if (!condition)
        abort();
}

#define MUST_EQUAL(a, b, member) must((a)->member == (b)->member)
#define MUST_MATCH(a, b, member) must(!memcmp(&(a)->member, &(b)->member, sizeof(a)->member))
#define MUST_READ(a, b, member)  must(!strcmp((a)->member, (b)->member))

static inline void compare_nics(const struct handoff_nic *a, const struct handoff_nic *b)
{
    MUST_EQUAL(a, b, bus);
    MUST_EQUAL(a, b, device);
    MUST_EQUAL(a, b, function);
    MUST_MATCH(a, b, mac);
}

static inline void compare_addresses(const struct handoff_address *a, const struct handoff_address *b)
{
    MUST_EQUAL(a, b, nic);
    MUST_MATCH(a, b, address);
    MUST_EQUAL(a, b, prefix);
    MUST_MATCH(a, b, gateway);
    MUST_MATCH(a, b, dns);
    MUST_MATCH(a, b, dhcp_server);
    MUST_EQUAL(a, b, origin);
    MUST_EQUAL(a, b, vlan);
    MUST_READ(a, b, hostname);
}

static inline void compare_targets(const struct handoff_target *a, const struct handoff_target *b)
{
    MUST_EQUAL(a, b, ip);
    MUST_EQUAL(a, b, boot);
    MUST_MATCH(a, b, address);
    MUST_EQUAL(a, b, port);
    MUST_MATCH(a, b, lun);
    MUST_READ(a, b, name);
    MUST_READ(a, b, chap.name);
    MUST_READ(a, b, chap.secret);
    MUST_READ(a, b, reverse.name);
    MUST_READ(a, b, reverse.secret);
}

static inline void compare_common(const struct handoff *a, const struct handoff *b)
{
    MUST_READ(a, b, initiator);
    MUST_EQUAL(a, b, nic_count);
    MUST_EQUAL(a, b, address_count);
    MUST_EQUAL(a, b, target_count);
    must(a->nic_count <= HANDOFF_NICS && a->address_count <= HANDOFF_ADDRESSES && a->target_count <= HANDOFF_TARGETS);
    for (unsigned i = 0; i < a->nic_count; i++)
        compare_nics(&a->nics[i], &b->nics[i]);
    for (unsigned i = 0; i < a->address_count; i++)
        compare_addresses(&a->addresses[i], &b->addresses[i]);
    for (unsigned i = 0; i < a->target_count; i++)
        compare_targets(&a->targets[i], &b->targets[i]);
}

#endif
