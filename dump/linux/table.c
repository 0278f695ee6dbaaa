/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the table: through ACPI, in low memory by the scan rule of docs/handoff.md, or where a parameter says. */
#include <linux/acpi.h>
#include <linux/io.h>

#include "dump/linux/home.h"
#include "handoff/isdh.h"

#define LOW_BEGIN 0x80000u /* every kernel of x86 maps the first MiB, whatever is there */
#define LOW_END   0xA0000u
#define IBFT_END  0xA0000u /* ROMs lie above the screen's memory; ours never has a table there */

static struct {
    struct acpi_table_header *acpi;
    void *mapped;
} held;

static void find_by_acpi(struct found_table *table)
{
    struct acpi_table_header *header;
    for (u32 instance = 1; ACPI_SUCCESS(acpi_get_table(ISDH_SIGNATURE, instance, &header)); instance++) {
        uint64_t before = table->generation;
        facts_consider((const uint8_t *)header, header->length, FOUND_BY_ACPI, table);
        if (table->generation == before) {
            acpi_put_table(header);
            continue;
        }
        if (held.acpi)
            acpi_put_table(held.acpi);
        held.acpi = header;
    }
}

static bool find_ibft(struct found_table *table)
{
    static const char *const names[] = {"iBFT", "IBFT", "BIFT"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (ACPI_SUCCESS(acpi_get_table((char *)names[i], 1, &held.acpi))) {
            *table = (struct found_table){(const uint8_t *)held.acpi, held.acpi->length, FOUND_BY_ACPI, 0};
            return true;
        }
    held.acpi = NULL;
    return facts_scan_ibft(phys_to_virt(LOW_BEGIN), IBFT_END - LOW_BEGIN, LOW_BEGIN, table) ||
           home_refuse("there is no iBFT, neither among the ACPI tables nor in low memory");
}

static bool find_at(uint64_t address, struct found_table *table)
{
    if (address >= LOW_BEGIN && address < LOW_END) {
        facts_consider(phys_to_virt(address), LOW_END - address, address, table);
    } else {
        held.mapped = memremap(address, ISDH_LENGTH_MAX, MEMREMAP_WB);
        if (!held.mapped)
            return home_refuse("isdh=%#llx cannot be mapped", (unsigned long long)address);
        facts_consider(held.mapped, ISDH_LENGTH_MAX, address, table);
    }
    return table->bytes || home_refuse("there is no valid ISDH at isdh=%#llx", (unsigned long long)address);
}

bool table_find(const struct parameters *parameters, struct found_table *table)
{
    memset(table, 0, sizeof *table);
    if (parameters->ibft)
        return find_ibft(table);
    if (parameters->isdh)
        return find_at(parameters->isdh, table);

    find_by_acpi(table);
    facts_scan(phys_to_virt(LOW_BEGIN), LOW_END - LOW_BEGIN, LOW_BEGIN, table);
    return table->bytes ||
           home_refuse("there is no valid ISDH, neither among the ACPI tables nor from 80000h to 9FFFFh: was this "
                       "system booted by sanstrap, and without handoff=no?");
}

void table_forget(void)
{
    if (held.acpi)
        acpi_put_table(held.acpi);
    if (held.mapped)
        memunmap(held.mapped);
    memset(&held, 0, sizeof held);
}
