/* SPDX-License-Identifier: BSD-2-Clause */
/* A home for the dump core's tests: a card in configuration space, memory in two pieces, a table of handoff_facts.h. */
#ifndef SANSTRAP_TESTS_DUMP_HOME_H
#define SANSTRAP_TESTS_DUMP_HOME_H

#include "tests/unit/unit.h"

#include "dump/core.h"
#include "platform/bytes.h"
#include "tests/host/host.h"
#include "tests/unit/handoff_facts.h"

#define CARD_ADDRESS 0x8000000u

static uint32_t card_id; /* device and vendor, as configuration space has them */

uint32_t platform_pci_read32(const struct pci_device *device, uint16_t offset)
{
    (void)device;
    return offset == 0 ? card_id : 0;
}

void platform_pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
    (void)device, (void)offset, (void)value;
}

enum status platform_map_registers(struct pci_device *device, unsigned bar)
{
    (void)device, (void)bar;
    return fail(E_NIC_REGISTERS, "none in this test");
}

uint32_t platform_register_read32(const struct pci_device *device, unsigned bar, uint32_t offset)
{
    (void)device, (void)bar, (void)offset;
    return UINT32_MAX;
}

void platform_register_write32(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t value)
{
    (void)device, (void)bar, (void)offset, (void)value;
}

static struct arena dma, plain;
static uint8_t table[ISDH_SIZE_MAX];
static size_t table_size;
static struct dump_config config;

static inline void write_table(const struct handoff *facts, bool secrets)
{
    struct isdh_options options = {.acpi = true, .secrets = secrets};
    assert_int_equal(isdh_write(facts, &options, table, sizeof table, &table_size), OK);
}

/* A dump that can be armed: the plain machine, an extent given by hand. */
static inline int set_up_home(void **state)
{
    (void)state;
    host_clock_use_virtual();
    host_log_level = LOG_ERROR;
    card_id = 0x100E8086;
    dma = host_arena_new(28 * KIB);
    dma.bus = CARD_ADDRESS;
    plain = host_arena_new(32 * KIB);
    memset(plain.base, 0xAA, plain.size);

    struct handoff facts = plain_facts();
    write_table(&facts, false);
    config = (struct dump_config){.profile = &dump_profile_small,
                                  .dma = &dma,
                                  .plain = &plain,
                                  .table = table,
                                  .table_size = table_size,
                                  .extent_count = 1,
                                  .extents = {{2048, 4096}}};
    return 0;
}

static inline int tear_down_home(void **state)
{
    (void)state;
    host_arena_free(&dma);
    host_arena_free(&plain);
    return 0;
}

static inline void use_facts(const struct handoff *facts, bool secrets)
{
    write_table(facts, secrets);
    config.table_size = table_size;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_home, tear_down_home)

#endif
