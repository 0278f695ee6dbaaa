/* SPDX-License-Identifier: BSD-2-Clause */
/* Screen and keyboard through the BIOS, the serial port and QEMU's debug console by their ports. */
#include "bios/home.h"
#include "bios/ports.h"
#include "handoff/recorder.h"

/* The 16550's registers. */
#define SERIAL_DATA        0
#define SERIAL_DIVISOR_LOW 0
#define SERIAL_INTERRUPTS  1 /* IER; the divisor's high half with LINE_DIVISOR */
#define SERIAL_CAUSE       2 /* IIR when read, FCR when written */
#define SERIAL_LINE        3 /* LCR */
#define SERIAL_MODEM       4 /* MCR */
#define SERIAL_STATUS      5 /* LSR */
#define INTERRUPT_SENT     0x02
#define CAUSE_MASK         0x0F
#define CAUSE_SENT         0x02
#define FIFO_CLEARED       0x07 /* on, both directions empty */
#define LINE_8N1           0x03
#define LINE_WORD          0x03 /* bits a word, less 5 */
#define LINE_DIVISOR       0x80
#define MODEM_READY        0x03 /* DTR, RTS */
#define MODEM_OUT2         0x08 /* lets its interrupts out of the chip */
#define STATUS_RECEIVED    0x01
#define STATUS_CAN_SEND    0x20
#define STATUS_IDLE        0x40 /* nothing more to send */
#define STATUS_ABSENT      0xFF
#define SERIAL_CLOCK       115200u
#define SERIAL_WAIT_MS     40 /* a byte at 300 baud, the slowest */
#define DEBUG_PORT         0xE9
#define KEYS_AHEAD         64 /* more than the buffers of keyboard and port */

#define KEYBOARD_SERVICES 0x16
#define KEY_WAITING       0x0100
#define KEY_READ          0x0000

#define VIDEO_GET_MODE   0x0F00
#define VIDEO_LAST_TEXT  3
#define VIDEO_MONOCHROME 7
#define VIDEO_TEXT       0x0003 /* AX: 80x25 */

#define TEXT_MEMORY       0xB8000u
#define SCREEN_COLUMNS    80
#define TEXT_CELLS        (25 * SCREEN_COLUMNS)
#define TEXT_WHITE_ON_RED 0x4F00

static uint16_t serial_port;  /* 0: none */
static bool serial_keys;      /* what is typed there is for us */
static bool serial_is_screen; /* the BIOS sends there what goes to the screen: known by the first line */
static bool screen = true;
static enum log_level screen_level = LOG_INFO;

static void set_serial(uint16_t port, uint32_t baud)
{
    uint32_t divisor = SERIAL_CLOCK / baud;
    port_write8(port + SERIAL_LINE, LINE_8N1 | LINE_DIVISOR);
    port_write8(port + SERIAL_DIVISOR_LOW, (uint8_t)divisor);
    port_write8(port + SERIAL_INTERRUPTS, (uint8_t)(divisor >> 8));
    port_write8(port + SERIAL_LINE, LINE_8N1);
    port_write8(port + SERIAL_INTERRUPTS, 0);
    port_write8(port + SERIAL_CAUSE, FIFO_CLEARED);
    port_write8(port + SERIAL_MODEM, MODEM_READY);
}

/* A port with words of 5 bits is as its reset left it: nobody uses it yet. */
static void open_serial(const struct home_options *options)
{
    if (options->serial_port < 1 || options->serial_port > 4)
        return;
    uint16_t port = low_read16(BDA_SERIAL_PORTS + (options->serial_port - 1u) * 2);
    if (port == 0 || port_read8(port + SERIAL_STATUS) == STATUS_ABSENT)
        return;

    bool used = port_read8(port + SERIAL_LINE) & LINE_WORD;
    if (options->serial_baud || !used)
        set_serial(port, options->serial_baud ? options->serial_baud : SERIAL_CLOCK);
    serial_port = port;
    serial_keys = options->serial_asked;
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

/* To everything but the screen; newlines become CR LF. */
static void send_wires(char character)
{
    if (character == '\n')
        send_wires('\r');
#ifdef DEBUGCON
    port_write8(DEBUG_PORT, (uint8_t)character);
#endif
    if (serial_port && !(screen && serial_is_screen))
        send_serial(character);
}

/* In one call, as that costs more than what it does. What is longer than the buffer is cut. */
static void show(const char *text)
{
    char *low = (char *)realmode_scratch();
    size_t length = 0;
    for (; *text && length < SCRATCH_BUFFER_SIZE - 2; text++) {
        if (*text == '\n')
            low[length++] = '\r';
        low[length++] = *text;
    }
    low[length] = '\0';

    struct realmode_block *block = realmode_block();
    struct far_pointer at = realmode_far(low);
    block->call = (struct real_call){
        .registers = {.eflags = FLAG_FIXED | (realmode_interrupts_allowed() ? FLAG_INTERRUPT : 0),
                      .esi = at.offset,
                      .es = at.segment},
        .target_segment = block->segment,
        .target_offset = block->say_text,
    };
    realmode_call();
}

/*
 * Console redirection: what goes to the screen leaves by the port, too, if not letter by letter. Then the transmitter is busy, or
 * has become empty once more, which the chip keeps in mind for whoever asks for the cause of an interrupt. While the first line
 * goes to the screen the port is watched; then it gets the line, or has had it.
 */
static struct {
    bool on;
    uint8_t interrupts, modem; /* the registers as they were */
    char line[SCREEN_COLUMNS + 1];
    unsigned length;
} watch;

static void watch_serial(void)
{
    deadline_t end = deadline_after_ms(SERIAL_WAIT_MS);
    while (!(port_read8(serial_port + SERIAL_STATUS) & STATUS_IDLE)) {
        if (deadline_passed(end))
            return; /* always busy says nothing */
    }

    watch.interrupts = port_read8(serial_port + SERIAL_INTERRUPTS);
    watch.modem = port_read8(serial_port + SERIAL_MODEM);
    port_write8(serial_port + SERIAL_MODEM, watch.modem & ~MODEM_OUT2);
    port_write8(serial_port + SERIAL_INTERRUPTS, INTERRUPT_SENT);
    port_read8(serial_port + SERIAL_CAUSE); /* which forgets it */
    watch.on = true;
}

static void end_watch(void)
{
    port_write8(serial_port + SERIAL_INTERRUPTS, watch.interrupts);
    port_write8(serial_port + SERIAL_MODEM, watch.modem);
    watch.on = false;
    for (unsigned i = 0; i < watch.length; i++)
        send_wires(watch.line[i]);
}

static void write_watched(char character)
{
    watch.line[watch.length++] = character;
    if (screen)
        show((char[]){character, '\0'});
    if ((port_read8(serial_port + SERIAL_CAUSE) & CAUSE_MASK) == CAUSE_SENT ||
        !(port_read8(serial_port + SERIAL_STATUS) & STATUS_IDLE))
        serial_is_screen = true;
    if (character == '\n' || watch.length == sizeof watch.line)
        end_watch();
}

static void write_to_wires(const char *text)
{
    while (*text)
        send_wires(*text++);
}

void console_write(const char *text)
{
    while (watch.on && *text)
        write_watched(*text++);
    write_to_wires(text);
    if (screen && *text)
        show(text);
}

void console_draw(const char *text)
{
    if (screen && !serial_is_screen)
        show(text);
}

void console_note(const char *text)
{
    if (serial_is_screen)
        console_write(text);
    else
        write_to_wires(text);
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

/* False when nothing was pressed. */
static bool take_key(int *key)
{
    *key = 0;
    if (serial_port && serial_keys && port_read8(serial_port + SERIAL_STATUS) & STATUS_RECEIVED) {
        *key = port_read8(serial_port + SERIAL_DATA);
        return true;
    }

    struct real_registers registers = {.eax = KEY_WAITING};
    realmode_interrupt(KEYBOARD_SERVICES, &registers);
    if (registers.eflags & FLAG_ZERO)
        return false;
    registers = (struct real_registers){.eax = KEY_READ};
    realmode_interrupt(KEYBOARD_SERVICES, &registers);
    *key = REG8_LOW(registers.eax);
    return true;
}

int console_read_key(void)
{
    int key;
    take_key(&key);
    return key;
}

void console_start(const struct home_options *options)
{
    screen_level = options->log;
    open_serial(options);
    if (serial_port)
        watch_serial();
    int key;
    for (unsigned left = KEYS_AHEAD; left && take_key(&key); left--)
        ; /* typed to the firmware */
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
    if (watch.on)
        end_watch();
    write_to_wires(text);

    volatile uint16_t *cell = low_memory(TEXT_MEMORY);
    for (unsigned i = 0; *text && i < TEXT_CELLS; text++) {
        if (*text == '\n')
            i = (i / SCREEN_COLUMNS + 1) * SCREEN_COLUMNS;
        else if (*text != '\r')
            cell[i++] = (uint16_t)(TEXT_WHITE_ON_RED | (uint8_t)*text);
    }
}
