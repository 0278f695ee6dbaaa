/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines to describe, tables beside their golden files, and faults. */
#ifndef SANSTRAP_TESTS_HANDOFF_COMPARE_H
#define SANSTRAP_TESTS_HANDOFF_COMPARE_H

#include "tests/host/handoff_differences.h"
#include "tests/unit/handoff_facts.h"

static const struct {
    const char *name;
    struct handoff (*facts)(void);
} machines[] = {{"plain", plain_facts}, {"chap", chap_facts}, {"ipv6", ipv6_facts}, {"large", large_facts}};

#define MACHINES  (sizeof machines / sizeof *machines)
#define NOT_LARGE (MACHINES - 1) /* where every bit is tried */

/* ---- golden files ---- */

/* Lines of up to 16 bytes in hexadecimal; '#' begins a comment. UPDATE_GOLDEN=1 writes them anew. */
static inline void assert_golden(const char *name, const uint8_t *bytes, size_t length)
{
    char path[128], line[128];
    snprintf(path, sizeof path, "tests/unit/golden/%s.hex", name);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        for (size_t i = 0; i < length; i++)
            fprintf(file, "%02x%s", bytes[i], i % 16 == 15 || i + 1 == length ? "\n" : " ");
        fclose(file);
        return;
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    size_t at = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned byte;
        int used;
        for (char *text = line; *text != '#' && sscanf(text, "%x%n", &byte, &used) == 1; text += used, at++)
            if (at >= length || bytes[at] != byte)
                fail_msg("%s: byte %zu is %02x, golden %02x", name, at, at < length ? bytes[at] : 0, byte);
    }
    fclose(file);
    assert_int_equal(at, length);
}

/* The table of machine `i`, KIND-NAME.hex. */
static inline void assert_golden_of(const char *kind, unsigned i, const uint8_t *bytes, size_t length)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%s", kind, machines[i].name);
    assert_golden(name, bytes, length);
}

static inline void assert_same(unsigned i, const struct handoff *written, const struct handoff *read,
                               enum what_a_table_carries table)
{
    unsigned count = differences(written, read, table);
    if (count)
        fail_msg("%s: %u members differ", machines[i].name, count);
}

/* ---- faults ---- */

/* Some fault names this structure and field. */
static inline bool names(const struct handoff_faults *faults, const char *structure, const char *field)
{
    for (unsigned i = 0; i < faults->count && i < HANDOFF_FAULTS; i++)
        if (!strcmp(faults->list[i].structure, structure) && !strcmp(faults->list[i].field, field))
            return true;
    return false;
}

static inline void print_faults(const struct handoff_faults *faults)
{
    char text[256];
    for (unsigned i = 0; i < faults->count && i < HANDOFF_FAULTS; i++) {
        handoff_fault_text(faults, i, text, sizeof text);
        print_error("  %s\n", text);
    }
}

#endif
