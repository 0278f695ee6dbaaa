/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>

#include "exerciser.h"

#define COM1 0x3F8

static unsigned passed, failed;

static void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void put(char c)
{
    for (unsigned tries = 0; !(in8(COM1 + 5) & 0x20) && tries < 100000; tries++)
        ;
    out8(COM1, (uint8_t)c);
}

static void put_number(uint32_t value, unsigned base)
{
    char digits[10];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n)
        put(digits[--n]);
}

static void say_va(const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                put(*s);
            break;
        case 'x':
            put_number(va_arg(arguments, uint32_t), 16);
            break;
        case 'u':
            put_number(va_arg(arguments, uint32_t), 10);
            break;
        }
    }
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_va(format, arguments);
    va_end(arguments);
}

void check(bool good, const char *name, const char *format, ...)
{
    if (good) {
        passed++;
        say("ok %s\n", name);
        return;
    }
    failed++;
    say("FAIL %s ", name);
    va_list arguments;
    va_start(arguments, format);
    say_va(format, arguments);
    va_end(arguments);
    say("\n");
}

void finish(void)
{
    say("exerciser: %u passed, %u failed\n", passed, failed);
    while (!(in8(COM1 + 5) & 0x40))
        ;
    out8(0xF4, failed != 0);                                                         /* isa-debug-exit */
    __asm__ volatile("outw %0, %1" : : "a"((uint16_t)0x2000), "d"((uint16_t)0x604)); /* QEMU -M pc: ACPI S5 */
    for (;;)
        __asm__ volatile("cli; hlt");
}
