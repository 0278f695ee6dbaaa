/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of both tables share: tables of the machines of handoff_facts.h beside golden files, what was read from one, and
 * the tests that are the same for either format.
 */
#ifndef SANSTRAP_TESTS_HANDOFF_COMPARE_H
#define SANSTRAP_TESTS_HANDOFF_COMPARE_H

#include "tests/host/handoff_differences.h"
#include "tests/unit/handoff_facts.h"

#define BIT_TESTED (MACHINES - 1) /* machines of whose tables every bit is turned: all but the large one */

struct table {
    uint8_t bytes[ISDH_SIZE_MAX + 64];
    size_t length;
};

/* What was read last, and what was wrong with it. */
static struct handoff read_back;
static struct handoff_faults faults;

/* One of the two formats. */
struct format {
    const char *name; /* of golden files: NAME-MACHINE.hex */
    enum what_a_table_carries carries;
    struct table (*write)(const struct handoff *facts);         /* with all that the table may hold */
    bool (*read)(const uint8_t *bytes, size_t length);          /* into `read_back` and `faults` */
    void (*seal)(struct table *table);                          /* makes its sums right for what its bytes are now */
    size_t (*place)(const struct table *table, unsigned which); /* offset of a structure or record; of 0 it is 0 */
    size_t tested_from; /* the first byte that is turned under good sums: signature and what seal() sets are no matter */
};

/* From a copy of exactly its size, so that a byte too far is noticed; its strings hold until the next. */
static inline bool read_table(const struct format *format, const struct table *table)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(table->length ? table->length : 1);
    memcpy(copy, table->bytes, table->length);
    return format->read(copy, table->length);
}

static inline void turn_bit(struct table *table, size_t bit)
{
    table->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* ---- golden files ---- */

/* Lines of up to 16 bytes in hexadecimal; '#' begins a comment. */
static inline void write_golden(const char *path, const struct table *table)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < table->length; i++)
        fprintf(file, "%02x%s", table->bytes[i], i % 16 == 15 || i + 1 == table->length ? "\n" : " ");
    fclose(file);
}

static inline void compare_with_golden(const char *path, const struct table *table)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);

    size_t at = 0;
    char line[128];
    while (fgets(line, sizeof line, file)) {
        unsigned byte;
        int used;
        for (char *text = line; *text != '#' && sscanf(text, "%x%n", &byte, &used) == 1; text += used, at++)
            if (at >= table->length || table->bytes[at] != byte)
                fail_msg("%s: byte %zu is %02x, golden %02x", path, at, at < table->length ? table->bytes[at] : 0, byte);
    }
    fclose(file);
    assert_int_equal(at, table->length);
}

/* Each machine's table is its golden file's, byte for byte. UPDATE_GOLDEN=1 writes them anew. */
static inline void assert_golden_tables(const struct format *format, struct table (*write)(const struct handoff *facts))
{
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts();
        struct table table = write(&facts);
        char path[128];
        snprintf(path, sizeof path, "tests/unit/golden/%s-%s.hex", format->name, machines[i].name);
        (getenv("UPDATE_GOLDEN") ? write_golden : compare_with_golden)(path, &table);
    }
}

/* ---- the same tests for both ---- */

static inline void assert_reads_back(const struct format *format, const char *machine, const struct handoff *facts)
{
    struct table table = format->write(facts);
    assert_true(read_table(format, &table));
    unsigned count = differences(facts, &read_back, format->carries);
    if (count)
        fail_msg("%s: %u members differ", machine, count);
}

static inline void assert_all_machines_read_back(const struct format *format)
{
    for (unsigned i = 0; i < MACHINES; i++) {
        struct handoff facts = machines[i].facts();
        assert_reads_back(format, machines[i].name, &facts);
    }
}

static inline void assert_flipped_bits_are_refused(const struct format *format, const struct handoff *facts)
{
    struct table table = format->write(facts);
    for (size_t bit = 4 * 8; bit < table.length * 8; bit++) { /* the signature says whether it is a table at all */
        turn_bit(&table, bit);
        if (read_table(format, &table))
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        turn_bit(&table, bit);
    }
}

/*
 * With the sums made right again, what is taken is a good table that says something else: in one member, or two where a structure
 * or record vanishes.
 */
static inline void assert_flipped_bits_under_good_sums_are_harmless(const struct format *format)
{
    unsigned refused = 0, taken = 0;
    for (unsigned machine = 0; machine < BIT_TESTED; machine++) {
        struct handoff facts = machines[machine].facts();
        struct table good = format->write(&facts);

        for (size_t bit = format->tested_from * 8; bit < good.length * 8; bit++) {
            struct table table = good;
            turn_bit(&table, bit);
            format->seal(&table);

            bool is_good = read_table(format, &table);
            unsigned count = is_good ? differences(&facts, &read_back, format->carries) : 0;
            if (count > 2)
                fail_msg("%s: bit %zu of byte %zu changes %u members", machines[machine].name, bit % 8, bit / 8, count);
            taken += is_good;
            refused += !is_good;
        }
    }
    assert_true(refused > 1000 && taken > 1000);
}

static inline void assert_truncated_tables_are_refused(const struct format *format)
{
    struct handoff facts = chap_facts();
    struct table table = format->write(&facts);
    while (table.length--)
        assert_false(read_table(format, &table));
}

/* ---- faults ---- */

/* Some fault names this structure and field. */
static inline bool is_named(const char *structure, const char *field)
{
    for (unsigned i = 0; i < faults.count && i < HANDOFF_FAULTS; i++)
        if (!strcmp(faults.list[i].structure, structure) && !strcmp(faults.list[i].field, field))
            return true;
    return false;
}

static inline void print_faults(void)
{
    for (unsigned i = 0; i < faults.count && i < HANDOFF_FAULTS; i++) {
        char text[256];
        handoff_fault_text(&faults, i, text, sizeof text);
        print_error("  %s\n", text);
    }
}

/* Of a table with CHAP: other bytes in a field, and the fault that has to come of it. */
struct wrong_field {
    const char *structure, *field;
    unsigned place; /* format->place() */
    size_t offset, size;
    uint64_t value; /* little endian */
};

/* A whole member, and a byte of one. */
#define MEMBER_OF(type, member)   (((struct type *)NULL)->member)
#define ALL(type, member)         offsetof(struct type, member), sizeof MEMBER_OF(type, member)
#define BYTE(type, member, index) offsetof(struct type, member) + (index), 1

static inline void assert_wrong_fields_are_named(const struct format *format, const struct wrong_field *wrong, size_t count)
{
    struct handoff facts = chap_facts();
    const struct table good = format->write(&facts);
    for (const struct wrong_field *end = wrong + count; wrong < end; wrong++) {
        struct table table = good;
        memcpy(table.bytes + format->place(&good, wrong->place) + wrong->offset, &wrong->value, wrong->size);
        format->seal(&table);
        if (read_table(format, &table) || !is_named(wrong->structure, wrong->field)) {
            print_faults();
            fail_msg("%s, %s: %u at %zu", wrong->structure, wrong->field, (unsigned)wrong->value, wrong->offset);
        }
    }
}

#endif
