/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of the BIOS's memory map, on BIOSes with the habits that some have. */
#include "tests/unit/unit.h"

#include <sys/mman.h>

#include "bios/memory_map_read.h"
#include "platform/bytes.h"

#define SMAP         0x534D4150u
#define ENTRIES_MAX  6
#define SCRATCH_SIZE (2 * SCRATCH_STACK + SCRATCH_BUFFER_SIZE)
#define NOT_PRESENT  0x8600

/* What is odd about a BIOS. */
enum habit {
    ONLY_CHANGES = 1 << 0,    /* writes no byte of an entry that is as in the one before */
    OTHER_REGISTERS = 1 << 1, /* leaves nothing of ES, EDI, ESI, ECX, EDX */
    SIZE_ZERO = 1 << 2,       /* ECX says that nothing was written */
    ENDS_BY_CARRY = 1 << 3,   /* EBX is never 0, and SMAP missing from the last answer */
    LOSES_SMAP = 1 << 4,      /* from the third entry on */
    SAYS_24 = 1 << 5,         /* ... and writes 20 */
    HUGE_SIZE = 1 << 6,       /* ECX is garbage */
    NO_E820 = 1 << 7,
    NO_E801 = 1 << 8,
    E801_IN_CX_DX = 1 << 9,
    E801_UNKNOWING = 1 << 10, /* carry clear, and registers as they came */
    NEVER_ENDS = 1 << 11,
    ALL_EMPTY = 1 << 12,
};

static const struct e820_entry ram[] = {
    {0, 0x9FC00, E820_RAM, 0},
    {0x9FC00, 0x400, E820_RESERVED, 0},
    {0xF0000, 0x10000, E820_RESERVED, 0},
    {MIB, 127 * MIB, E820_RAM, 0},
};
#define ENTRIES (sizeof ram / sizeof *ram)

static struct realmode_block *block;
static unsigned habits, calls;

static void write_entry(uint8_t *to, unsigned i)
{
    const uint8_t *now = (const uint8_t *)&ram[i], *before = (const uint8_t *)&ram[i ? i - 1 : 0];
    for (unsigned at = 0; at < E820_ENTRY_MINIMUM; at++)
        if (!(habits & ONLY_CHANGES) || i == 0 || now[at] != before[at])
            to[at] = now[at];
}

static void e820(struct real_registers *registers)
{
    unsigned i = registers->ebx;
    assert_int_equal(registers->edx, SMAP);
    assert_true(registers->ecx >= E820_ENTRY_MINIMUM);
    assert_int_equal(registers->es * PARAGRAPH + registers->edi, block_scratch(block) % MIB); /* it is not below 1 MiB here */
    assert_true(++calls <= (habits & ALL_EMPTY ? 1024 : MEMORY_MAP_MAX + 1));

    if (habits & NO_E820 || i >= ENTRIES) {
        registers->eax = NOT_PRESENT;
        registers->eflags |= FLAG_CARRY;
        return;
    }

    write_entry((uint8_t *)(uintptr_t)block_scratch(block), i);
    if (habits & ALL_EMPTY)
        ((struct e820_entry *)(uintptr_t)block_scratch(block))->length = 0;
    registers->eax = habits & LOSES_SMAP && i >= 2 ? 0xE820 : SMAP;
    registers->ecx = habits & SIZE_ZERO ? 0 : habits & HUGE_SIZE ? UINT32_MAX : habits & SAYS_24 ? 24 : 20;
    registers->ebx = i + 1 == ENTRIES && !(habits & ENDS_BY_CARRY) ? 0 : i + 1;
    if (habits & NEVER_ENDS)
        registers->ebx = (i + 1) % ENTRIES + (i + 1 == ENTRIES);
    if (habits & OTHER_REGISTERS) {
        registers->edx = registers->esi = registers->edi = 0xDEADBEEF;
        registers->es = 0xDEAD;
    }
}

static void e801(struct real_registers *registers)
{
    if (habits & NO_E801)
        registers->eflags |= FLAG_CARRY;
    if (habits & (NO_E801 | E801_UNKNOWING))
        return;

    registers->eax = registers->ebx = 0;
    registers->ecx = 0x3C00;
    registers->edx = 0x700;
    if (!(habits & E801_IN_CX_DX)) {
        registers->eax = 0x3C00;
        registers->ebx = 0x700;
    }
}

/* In the place of bios/block.c's. */
void block_interrupt(struct realmode_block *of, uint8_t number, struct real_registers *registers, bool interrupts)
{
    assert_ptr_equal(of, block);
    assert_int_equal(number, SYSTEM_SERVICES);
    assert_true(interrupts);
    registers->eflags &= ~FLAG_CARRY;
    if (registers->eax == 0xE820)
        e820(registers);
    else if (registers->eax == 0xE801)
        e801(registers);
    else
        registers->eax = 0xFC00;
}

static void read_map(unsigned with, struct memory_map *map, struct memory_sizes *sizes)
{
    habits = with;
    calls = 0;
    memset((void *)(uintptr_t)block_scratch(block), 0xA5, SCRATCH_BUFFER_SIZE);
    memory_map_read(block, map, sizes);
}

static void every_habit_gives_the_same_map(void **state)
{
    (void)state;
    static const unsigned odd[] = {0,
                                   ONLY_CHANGES,
                                   OTHER_REGISTERS,
                                   SIZE_ZERO,
                                   ENDS_BY_CARRY,
                                   SAYS_24,
                                   HUGE_SIZE,
                                   ONLY_CHANGES | OTHER_REGISTERS | SIZE_ZERO | ENDS_BY_CARRY,
                                   ONLY_CHANGES | SAYS_24};

    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct memory_map map;
        struct memory_sizes sizes;
        read_map(odd[i], &map, &sizes);
        if (map.count != ENTRIES)
            fail_msg("habit %x: %u entries", odd[i], map.count);
        for (unsigned n = 0; n < ENTRIES; n++)
            if (memcmp(&map.entries[n], &ram[n], E820_ENTRY_MINIMUM) != 0 || map.entries[n].attributes != E820_ENABLED)
                fail_msg("habit %x: entry %u, attributes %x", odd[i], n, map.entries[n].attributes);
    }
}

/* The older functions count then. */
static void a_map_that_loses_its_way_is_none(void **state)
{
    (void)state;
    struct memory_map map;
    struct memory_sizes sizes;
    read_map(LOSES_SMAP, &map, &sizes);
    assert_int_equal(map.count, 0);
    assert_int_equal(sizes.e801_low, 0x3C00);

    read_map(NO_E820, &map, &sizes);
    assert_int_equal(map.count, 0);
}

static void a_map_without_end_is_bounded(void **state)
{
    (void)state;
    struct memory_map map;
    struct memory_sizes sizes;
    read_map(NEVER_ENDS, &map, &sizes);
    assert_int_equal(map.count, MEMORY_MAP_MAX);
    read_map(NEVER_ENDS | ALL_EMPTY, &map, &sizes);
    assert_int_equal(map.count, 0);
}

static void older_figures(void **state)
{
    (void)state;
    static const struct {
        unsigned habits;
        struct memory_sizes sizes;
    } cases[] = {{0, {0x3C00, 0x700, 0xFC00}},
                 {E801_IN_CX_DX, {0x3C00, 0x700, 0xFC00}},
                 {NO_E801, {0, 0, 0xFC00}},
                 {E801_UNKNOWING, {0, 0, 0xFC00}}};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct memory_map map;
        struct memory_sizes sizes;
        read_map(cases[i].habits, &map, &sizes);
        if (memcmp(&sizes, &cases[i].sizes, sizeof sizes) != 0)
            fail_msg("habit %x: %x %x %x", cases[i].habits, sizes.e801_low, sizes.e801_high, sizes.int15_88);
    }
}

/* Scratch memory is named by 32 bits: some that is below 4 GiB here, too. */
static int set_up(void **state)
{
    (void)state;
    void *scratch = mmap(NULL, SCRATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    static struct realmode_block fake;
    block = &fake;
    fake.scratch = (uint32_t)(uintptr_t)scratch;
    return scratch == MAP_FAILED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_habit_gives_the_same_map),
        cmocka_unit_test(a_map_that_loses_its_way_is_none),
        cmocka_unit_test(a_map_without_end_is_bounded),
        cmocka_unit_test(older_figures),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
