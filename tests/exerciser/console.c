/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines on COM1, the count of checks, and the machine's end. */
#include <stdarg.h>

#include "bios/ports.h"
#include "exerciser.h"

#define COM1            0x3F8
#define COM1_STATUS     (COM1 + 5)
#define STATUS_CAN_SEND 0x20
#define STATUS_EMPTY    0x40
#define SEND_TRIES      100000
#define DEBUG_EXIT      0xF4   /* QEMU's isa-debug-exit */
#define ACPI_CONTROL    0x604  /* PM1a of QEMU's -M pc */
#define ACPI_S5         0x2000 /* switches off */

static unsigned passed, failed;

static void send(char c)
{
    for (unsigned tries = 0; !(port_read8(COM1_STATUS) & STATUS_CAN_SEND) && tries < SEND_TRIES; tries++)
        ;
    port_write8(COM1, (uint8_t)c);
}

static void send_number(uint32_t value, unsigned base)
{
    char digits[10];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n)
        send(digits[--n]);
}

static void say_arguments(const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            send(*format);
            continue;
        }

        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                send(*s);
            break;
        case 'x':
            send_number(va_arg(arguments, uint32_t), 16);
            break;
        case 'u':
            send_number(va_arg(arguments, uint32_t), 10);
            break;
        }
    }
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_arguments(format, arguments);
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
    say_arguments(format, arguments);
    va_end(arguments);
    say("\n");
}

void power_off(void)
{
    say("exerciser: %u passed, %u failed\n", passed, failed);
    while (!(port_read8(COM1_STATUS) & STATUS_EMPTY))
        ;
    port_write8(DEBUG_EXIT, failed != 0);
    __asm__ volatile("outw %0, %1" : : "a"((uint16_t)ACPI_S5), "d"((uint16_t)ACPI_CONTROL));
    for (;;)
        __asm__ volatile("cli; hlt");
}
