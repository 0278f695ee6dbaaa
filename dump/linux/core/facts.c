/* SPDX-License-Identifier: BSD-2-Clause */
/* What the module asks of a table before the core is armed with it. */
#include "dump/linux/facts.h"

#include "handoff/handoff.h"
#include "platform/format.h"

/* Armed under a lock, one at a time; too large for a kernel's stack. */
static struct handoff handoff;
static struct handoff_faults faults;

bool facts_consider(const uint8_t *bytes, size_t size, uint64_t self, struct found_table *found)
{
    if (!isdh_read(bytes, size, self, &handoff, &faults))
        return false;
    if (!found->bytes || handoff.generation > found->generation)
        *found = (struct found_table){bytes, handoff_table_length(bytes), self, handoff.generation};
    return true;
}

void facts_scan(const uint8_t *memory, size_t size, uint64_t address, struct found_table *found)
{
    for (size_t at = 0;; at += ISDH_SCAN_STEP) {
        at = handoff_find(HANDOFF_ISDH, memory, size, at, ISDH_SCAN_STEP);
        if (at >= size)
            return;
        facts_consider(memory + at, size - at, address + at, found);
    }
}

bool facts_scan_ibft(const uint8_t *memory, size_t size, uint64_t address, struct found_table *found)
{
    size_t at = handoff_find(HANDOFF_IBFT, memory, size, 0, ISDH_SCAN_STEP);
    if (at >= size)
        return false;
    *found = (struct found_table){memory + at, handoff_table_length(memory + at), address + at, 0};
    return true;
}

static void copy_card(struct table_facts *facts, const struct handoff_nic *nic)
{
    facts->segment = nic->segment;
    facts->bus = nic->bus;
    facts->device = nic->device;
    facts->function = nic->function;
    facts->vendor_id = nic->vendor_id;
    facts->device_id = nic->device_id;
    facts->subsystem_vendor_id = nic->subsystem_vendor_id;
    facts->subsystem_id = nic->subsystem_id;
    facts->registers = nic->registers;
    memcpy(facts->mac, nic->mac, sizeof facts->mac);
}

static void copy_disk(struct dump_disk *disk, const struct handoff_target *target)
{
    if (target->wwid && target->wwid_length <= sizeof disk->wwid) {
        disk->wwid_type = target->wwid_type;
        disk->wwid_length = target->wwid_length;
        memcpy(disk->wwid, target->wwid, target->wwid_length);
    }
    format_text(disk->serial, sizeof disk->serial, "%s", target->serial ? target->serial : "");
    disk->block_size = target->block_size;
    disk->block_count = target->block_count;
}

bool facts_read(const struct found_table *table, struct table_facts *facts, char *why, size_t size)
{
    *facts = (struct table_facts){0};
    memset(&handoff, 0, sizeof handoff);
    bool isdh = handoff_table_at(table->bytes, table->size) == HANDOFF_ISDH;
    bool valid = isdh ? isdh_read(table->bytes, table->size, table->self, &handoff, &faults)
                      : ibft_read_leniently(table->bytes, table->size, &handoff, &faults);
    if (!valid || !handoff.target_count) {
        if (!valid && faults.count)
            handoff_fault_text(&faults, 0, why, size);
        else
            format_text(why, size, "it names no target");
        return false;
    }

    unsigned boot = 0;
    for (unsigned i = 0; i < handoff.target_count; i++)
        if (handoff.targets[i].boot)
            boot = i;
    const struct handoff_target *target = &handoff.targets[boot];
    copy_card(facts, &handoff.nics[handoff.addresses[target->ip].nic]);
    if (isdh)
        copy_disk(&facts->disk, target);
    return true;
}
