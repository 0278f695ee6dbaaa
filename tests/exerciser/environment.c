/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call must leave alone besides registers: A20, descriptor tables, the caller's stack, interrupts. */
#include "exerciser.h"

struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

static bool descriptor_tables_kept(void)
{
    struct table_register gdt[2], idt[2];
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt[0]), "=m"(idt[0]));
    transfer(0x42, DATA_START, 8, BUFFER);
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt[1]), "=m"(idt[1]));
    return gdt[0].limit == gdt[1].limit && gdt[0].base == gdt[1].base && idt[0].limit == idt[1].limit &&
           idt[0].base == idt[1].base;
}

static void test_a20(void)
{
    for (int on = 0; on <= 1; on++) {
        set_a20(on);
        bool was = a20_is_on();
        uint8_t status = transfer(0x42, DATA_START + 1, 8, BUFFER);
        bool is = a20_is_on();
        check(was == on, on ? "a20/can-be-on" : "a20/can-be-off", "");
        check(status == 0 && is == was && has_content(BUFFER, DATA_START + 1, 8, config.seed),
              on ? "a20/on-kept" : "a20/off-kept", "status %x, was %u, is %u", status, was, is);
    }

    if (!strict)
        return;

    set_a20(false);
    uint8_t saved[512];
    for (unsigned i = 0; i < 512; i++)
        saved[i] = peek8(0x700 + i);

    packet = (struct packet){.size = 16, .count = 1, .offset = 0x0710, .segment = 0xFFFF, .lba = DATA_START + 2};
    uint8_t status = packet_call(0x42, 0);
    bool good = has_content(0x700, DATA_START + 2, 1, config.seed);
    for (unsigned i = 0; i < 512; i++)
        poke8(0x700 + i, saved[i]);
    set_a20(true);
    check(status == 0 && good, "a20/off-wraps-at-1-MiB", "status %x", status);
}

/* With interrupts off, so that nobody else uses the stack. INT itself pushes 6 bytes. */
static void test_stack(void)
{
    uint32_t bottom = STACK_SEGMENT * 16u, top = bottom + STACK_TOP;
    static const uint8_t functions[] = {0x00, 0x08, 0x15, 0x42, 0x48};
    uint32_t most = 0;
    for (unsigned i = 0; i < sizeof functions; i++) {
        fill8(bottom, STACK_TOP, 0xD7);
        packet = (struct packet){.size = 16, .count = 4, .segment = BUFFER >> 4, .lba = DATA_START};
        prepare_call(functions[i], 0);
        before.esi = functions[i] == 0x48 ? 0 : (uint16_t)(uint32_t)&packet;
        before.ds = functions[i] == 0x48 ? BUFFER >> 4 : OWN_SEGMENT;
        poke8(BUFFER, 0x1A);
        poke8(BUFFER + 1, 0);
        before.eflags = 2;
        allow_changes(0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF);
        call_prepared();

        uint32_t lowest = bottom;
        while (lowest < top && peek8(lowest) == 0xD7)
            lowest++;
        if (top - lowest > most)
            most = top - lowest;
    }

    say("info: at most %u bytes of the caller's stack used\n", most);
    check(!strict || most <= 64, "stack/at-most-64-bytes", "%u", most);

    prepare_call(0x42, 0);
    before.ss = 0x5FFF;
    before.sp = 0x0217; /* odd, in another segment */
    packet = (struct packet){.size = 16, .count = 1, .segment = BUFFER >> 4, .lba = DATA_START};
    before.esi = (uint16_t)(uint32_t)&packet;
    uint8_t status = call_prepared();
    check(status == 0 && after.ss == 0x5FFF && after.sp == 0x0217, "stack/odd", "status %x", status);
}

static void test_flags(void)
{
    static const struct {
        uint32_t flags;
        const char *name;
    } cases[] = {{2, "flags/interrupts-off"},
                 {INTERRUPT | 2, "flags/interrupts-on"},
                 {DIRECTION | 2, "flags/direction"},
                 {CARRY | INTERRUPT | 2, "flags/carry"}};

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        packet = (struct packet){.size = 16, .count = 3, .segment = BUFFER >> 4, .lba = DATA_START + 9};
        prepare_call(0x42, 0);
        before.esi = (uint16_t)(uint32_t)&packet;
        before.eflags = cases[i].flags;
        uint8_t status = call_prepared();

        uint32_t kept = INTERRUPT | DIRECTION;
        check(status == 0 && (after.eflags & kept) == (cases[i].flags & kept) &&
                  has_content(BUFFER, DATA_START + 9, 3, config.seed),
              cases[i].name, "status %x, flags %x", status, after.eflags);
    }
}

/* The tick must go on while a caller that allows interrupts reads. */
static void test_clock(void)
{
    uint32_t start = peek32(BDA_TICKS), calls = 0;
    while (peek32(BDA_TICKS) - start < 6 && calls < 200000) {
        transfer(0x42, DATA_START, 1, BUFFER);
        calls++;
    }
    check(peek32(BDA_TICKS) - start >= 6, "clock/ticks-during-calls", "%u calls", calls);
}

/* Under EMM386 or in a DOS box: a loader that needs protected mode must refuse, not crash; and work again afterwards. */
static void test_v86(void)
{
    uint32_t flags = 0;
    packet = (struct packet){.size = 16, .count = 1, .segment = BUFFER >> 4, .lba = DATA_START + 6};
    set_a20(true);
    uint32_t eax = v86_call(0x4200, config.drive, (uint32_t)&packet, &flags);
    bool served = !(flags & CARRY) && has_content(BUFFER, DATA_START + 6, 1, config.seed);
    say("info: V86 call %s\n", served ? "served" : "refused");
    check(!(eax & 0x80000000u) && ((flags & CARRY) || served), "v86/serves-or-refuses", "eax %x, flags %x", eax, flags);
    uint8_t status = transfer(0x42, DATA_START + 8, 1, BUFFER);
    check(status == 0 && has_content(BUFFER, DATA_START + 8, 1, config.seed), "v86/real-mode-afterwards", "status %x", status);
}

/* Some BIOSes set it back: a call for any drive puts it right again. */
static void test_drive_count(void)
{
    static const uint8_t drives[] = {0, 1}; /* from ours: it, and one that nobody has */
    uint8_t count = peek8(BDA_DISK_COUNT);
    for (unsigned i = 0; i < sizeof drives; i++) {
        poke8(BDA_DISK_COUNT, 0);
        prepare_call(0x08, 0);
        before.edx += drives[i];
        allow_changes(0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF);
        call_prepared();
        check(peek8(BDA_DISK_COUNT) == count && (drives[i] || (after.edx & 0xFF) == count), "0040:0075/put-right", "drive %u: %u",
              drives[i], peek8(BDA_DISK_COUNT));
    }
}

void test_environment(void)
{
    check(descriptor_tables_kept(), "gdtr-idtr/kept", "");
    test_a20();
    test_stack();
    test_flags();
    test_clock();
    test_v86();
    if (strict)
        test_drive_count();
}
