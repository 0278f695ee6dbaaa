/* SPDX-License-Identifier: BSD-2-Clause */
/* Screen and keyboard through the BIOS, the serial port and QEMU's debug console by their ports. */
#include "bios/home.h"
#include "bios/ports.h"
#include "handoff/recorder.h"

#define SERIAL_DATA        0
#define SERIAL_DIVISOR_LOW 0
#define SERIAL_INTERRUPTS  1
#define SERIAL_FIFO        2
#define SERIAL_LINE        3
#define SERIAL_MODEM       4
#define SERIAL_STATUS      5
#define LINE_8N1           0x03
#define LINE_DIVISOR       0x80
#define FIFO_CLEARED       0x07 /* on, both directions empty */
#define MODEM_READY        0x03 /* DTR, RTS */
#define STATUS_RECEIVED    0x01
#define STATUS_CAN_SEND    0x20
#define STATUS_ABSENT      0xFF
#define SERIAL_CLOCK       115200u
#define SERIAL_WAIT_MS     40 /* a byte at 300 baud, the slowest */
#define DEBUG_PORT         0xE9

#define KEYBOARD_SERVICES 0x16
#define KEY_WAITING       0x0100
#define KEY_READ          0x0000

#define VIDEO_GET_MODE   0x0F00
#define VIDEO_LAST_TEXT  3
#define VIDEO_MONOCHROME 7
#define VIDEO_TEXT       0x0003 /* AX: 80x25 */

#define TEXT_MEMORY       0xB8000u
#define TEXT_COLUMNS      80
#define TEXT_CELLS        (25 * TEXT_COLUMNS)
#define TEXT_WHITE_ON_RED 0x4F00

static uint16_t serial_port; /* 0: none */
static bool screen = true;
static enum log_level screen_level = LOG_INFO;

static void open_serial(const struct home_options *options)
{
    if (options->serial_port < 1 || options->serial_port > 4 || options->serial_baud == 0)
        return;
    uint16_t port = low_read16(BDA_SERIAL_PORTS + (options->serial_port - 1u) * 2);
    if (port == 0 || port_read8(port + SERIAL_STATUS) == STATUS_ABSENT)
        return;

    uint32_t divisor = SERIAL_CLOCK / options->serial_baud;
    port_write8(port + SERIAL_LINE, LINE_8N1 | LINE_DIVISOR);
    port_write8(port + SERIAL_DIVISOR_LOW, (uint8_t)divisor);
    port_write8(port + SERIAL_INTERRUPTS, (uint8_t)(divisor >> 8));
    port_write8(port + SERIAL_LINE, LINE_8N1);
    port_write8(port + SERIAL_INTERRUPTS, 0);
    port_write8(port + SERIAL_FIFO, FIFO_CLEARED);
    port_write8(port + SERIAL_MODEM, MODEM_READY);
    serial_port = port;
}

void console_start(const struct home_options *options)
{
    screen_level = options->log;
    open_serial(options);
}

/* A port that does not take a byte in time is not used again. The look after the deadline counts, too: it may have come late. */
static void send_serial(char character)
{
    deadline_t end = deadline_after_ms(SERIAL_WAIT_MS);
    for (;;) {
        bool late = deadline_passed(end);
        if (port_read8(serial_port + SERIAL_STATUS) & STATUS_CAN_SEND)
            break;
        if (late) {
            serial_port = 0;
            return;
        }
    }
    port_write8(serial_port + SERIAL_DATA, (uint8_t)character);
}

/* To everything but the screen. */
static void send_wires(char character)
{
#ifdef DEBUGCON
    port_write8(DEBUG_PORT, (uint8_t)character);
#endif
    if (serial_port)
        send_serial(character);
}

static void write_character(char character)
{
    send_wires(character);
    if (!screen)
        return;
    struct real_registers registers = {.eax = VIDEO_TELETYPE | (uint8_t)character, .ebx = VIDEO_GREY};
    realmode_interrupt(VIDEO_SERVICES, &registers);
}

void console_write(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            write_character('\r');
        write_character(*text);
    }
}

void console_leave_screen(void)
{
    screen = false;
}

void console_take_screen(void)
{
    screen = true;
    struct real_registers registers = {.eax = VIDEO_GET_MODE};
    realmode_interrupt(VIDEO_SERVICES, &registers);
    if (REG8_LOW(registers.eax) > VIDEO_LAST_TEXT && REG8_LOW(registers.eax) != VIDEO_MONOCHROME) {
        registers = (struct real_registers){.eax = VIDEO_TEXT};
        realmode_interrupt(VIDEO_SERVICES, &registers);
    }
    console_write("\n");
}

int console_read_key(void)
{
    if (serial_port && port_read8(serial_port + SERIAL_STATUS) & STATUS_RECEIVED)
        return port_read8(serial_port + SERIAL_DATA);

    struct real_registers registers = {.eax = KEY_WAITING};
    realmode_interrupt(KEYBOARD_SERVICES, &registers);
    if (registers.eflags & FLAG_ZERO)
        return 0;
    registers = (struct real_registers){.eax = KEY_READ};
    realmode_interrupt(KEYBOARD_SERVICES, &registers);
    return REG8_LOW(registers.eax);
}

void platform_log(enum log_level level, const char *line)
{
    bool kept = screen;
    recorder_add(level, line);
    screen = screen && level <= screen_level;
    if (screen || level < LOG_DEBUG || screen_level == LOG_DEBUG) {
        console_write(line);
        console_write("\n");
    }
    screen = kept;
}

void console_panic(const char *text)
{
    for (const char *at = text; *at; at++)
        send_wires(*at);

    volatile uint16_t *cell = low_memory(TEXT_MEMORY);
    for (unsigned i = 0; *text && i < TEXT_CELLS; text++) {
        if (*text == '\n')
            i = (i / TEXT_COLUMNS + 1) * TEXT_COLUMNS;
        else if (*text != '\r')
            cell[i++] = (uint16_t)(TEXT_WHITE_ON_RED | (uint8_t)*text);
    }
}
