/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as the table that a dump is armed with, ISDH or iBFT. What is armed keeps what arming promises, and
 * nothing but memory that cannot be written to any more is left of the table.
 */
#include "dump/core.h"
#include "tests/fuzz/fuzz_handoff.h"
#include "tests/host/host.h"

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    (void)device;
    return offset == 0 ? 0x100E8086 : 0;
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    (void)device, (void)offset, (void)value;
    abort(); /* arming changes nothing */
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    (void)device, (void)bar;
    abort();
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    (void)device, (void)bar, (void)offset;
    abort();
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)device, (void)bar, (void)offset, (void)value;
    abort();
}

static void check(bool promise)
{
    if (!promise)
        abort();
}

static void check_armed(const struct dump *dump, const struct arena *plain)
{
    const struct dump_armed *armed = &dump->armed;
    const struct dump_target *target = &armed->target;
    check((const uint8_t *)dump >= plain->base && (const uint8_t *)dump < plain->base + plain->size);
    check(dump_is_unchanged(dump));
    check(armed->disk.wwid_length || armed->disk.serial[0]);
    check(armed->path_count >= 1 && armed->path_count <= HANDOFF_TARGETS);
    check(armed->text_size <= DUMP_TEXTS_MAX && armed->plain.used <= armed->plain.size);

    check(target->extent_count >= 1);
    for (unsigned i = 0; i < target->extent_count; i++)
        check(target->extents[i].blocks && target->extents[i].lba < target->block_count &&
              target->extents[i].blocks <= target->block_count - target->extents[i].lba);
    for (unsigned i = 0; i < armed->path_count; i++)
        check(strlen(dump_text(dump, armed->paths[i].target_name)) <= ISCSI_NAME_MAX &&
              dump_text(dump, armed->paths[i].host)[0] && armed->paths[i].port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dump_disk known = {.serial = "1", .block_size = 512, .block_count = 1 << 20};
    static const struct iscsi_chap chap = {"fuzz", "a-secret-of-16-b"};
    struct arena dma = host_arena_new(28 * KIB), plain = host_arena_new(32 * KIB);
    uint8_t *table = copy_of(data, size), flavour = size ? data[size - 1] : 0;
    bool isdh = size < 4 || handoff_table_by_signature(data) == HANDOFF_ISDH;
    host_log_level = LOG_ERROR;
    if (wants_seal(data, size) && isdh)
        seal_isdh(table, size, ISDH_ANYWHERE);
    else if (wants_seal(data, size))
        seal_ibft(table, size);

    struct dump_config config = {
        .profile = &dump_profile_small,
        .dma = &dma,
        .plain = &plain,
        .table = table,
        .table_size = size,
        .table_self = ISDH_ANYWHERE,
        .parameters = {.disk = flavour & 1 ? &known : NULL, .chap = flavour & 2 ? &chap : NULL},
        .extent_count = flavour & 4 ? 0 : 1,
        .extents = {{0, 1}},
    };
    struct dump *dump;
    enum status status = dump_arm(&dump, &config);
    free(table);
    check((status == OK) == (dump != NULL));
    if (status == OK)
        check_armed(dump, &plain);

    host_arena_free(&dma);
    host_arena_free(&plain);
    return 0;
}
