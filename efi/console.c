/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Screen and keyboard are the firmware's console. A serial port is written to by itself when that console is not on it, and
 * for messages while the screen belongs to somebody else.
 */
#include "efi/device_path.h"
#include "efi/home.h"
#include "handoff/recorder.h"

#define PIECE      64 /* characters handed to the console at once */
#define KEYS_AHEAD 64

static SERIAL_IO_INTERFACE *serial;            /* NULL: none */
static bool serial_is_console;                 /* what goes to the screen goes there, too */
static bool screen_is_ours = true;             /* and not of what we booted */
static enum log_level screen_level = LOG_INFO; /* lines above it are not wanted on the screen */

/* Whether a handle with the protocol is on the port; *any, whether there is one at all. */
static bool holds(EFI_HANDLE port, EFI_GUID *protocol, bool *any)
{
    EFI_HANDLE *handles;
    UINTN count;
    EFI_DEVICE_PATH *path = firmware_path_of(port);
    *any = false;
    if (!path || EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, protocol, NULL, &count, &handles)))
        return false;

    bool found = false;
    for (UINTN i = 0; i < count && !found; i++)
        found = device_path_begins(firmware_path_of(handles[i]), path);
    *any = count != 0;
    firmware.boot->FreePool(handles);
    return found;
}

/*
 * A terminal on the port has its own handle, whose path goes on from the port's. EDK2 makes one on every port, and marks those
 * that the console is on; other firmware may have no marks.
 */
static bool holds_console(EFI_HANDLE port)
{
    bool any, marked = holds(port, &guid_console_out_device, &any);
    return firmware.system->ConOut && (any ? marked : holds(port, &guid_text_output, &any));
}

/*
 * A port that nobody drives is ours until our image ends, and has the speed that was set; another's is written to as it is (UEFI
 * 2.10, 7.3.9 OpenProtocol()).
 */
static void open_port(EFI_HANDLE port, unsigned baud)
{
    EFI_BOOT_SERVICES *boot = firmware.boot;
    EFI_STATUS status =
        boot->OpenProtocol(port, &guid_serial_io, (void **)&serial, firmware.image, port, EFI_OPEN_PROTOCOL_BY_DRIVER);
    if (EFI_ERROR(status)) {
        if (EFI_ERROR(boot->OpenProtocol(port, &guid_serial_io, (void **)&serial, firmware.image, NULL,
                                         EFI_OPEN_PROTOCOL_GET_PROTOCOL)))
            serial = NULL;
    } else if (baud) {
        serial->SetAttributes(serial, baud, 0, 0, DefaultParity, 8, OneStopBit);
    }
}

static void open_serial(const struct home_options *options)
{
    EFI_HANDLE *handles;
    UINTN count;
    if (options->serial_port == 0 ||
        EFI_ERROR(firmware.boot->LocateHandleBuffer(ByProtocol, &guid_serial_io, NULL, &count, &handles)))
        return;

    if (options->serial_port <= count) {
        EFI_HANDLE port = handles[options->serial_port - 1];
        serial_is_console = holds_console(port);
        open_port(port, serial_is_console ? 0 : options->serial_baud);
    }
    firmware.boot->FreePool(handles);
}

void console_start(const struct home_options *options)
{
    screen_level = options->log;
    open_serial(options);
    for (unsigned i = 0; i < KEYS_AHEAD; i++)
        console_read_key(); /* typed to the firmware; F12 has no character, and is no end */
}

static void write_serial(const char *text, size_t length)
{
    UINTN left = length;
    if (serial && EFI_ERROR(serial->Write(serial, &left, (void *)text)))
        serial = NULL; /* nobody takes it: never wait for it again */
}

static void write_screen(const char *text, size_t length)
{
    CHAR16 wide[PIECE + 1];
    for (size_t i = 0; i < length; i++)
        wide[i] = (uint8_t)text[i];
    wide[length] = 0;
    if (firmware.system->ConOut) /* a machine without a console has none */
        firmware.system->ConOut->OutputString(firmware.system->ConOut, wide);
}

static void write_piece(const char *text, size_t length, bool to_screen, bool to_serial)
{
    if (to_screen)
        write_screen(text, length);
    if (to_serial)
        write_serial(text, length);
}

static void write_text(const char *text, bool to_screen, bool to_serial)
{
    char piece[PIECE];
    size_t length = 0;
    for (; *text; text++) {
        if (*text == '\n')
            piece[length++] = '\r';
        piece[length++] = *text;
        if (length >= PIECE - 1) {
            write_piece(piece, length, to_screen, to_serial);
            length = 0;
        }
    }
    write_piece(piece, length, to_screen, to_serial);
}

void console_write(const char *text)
{
    write_text(text, screen_is_ours, !screen_is_ours || !serial_is_console);
}

void console_draw(const char *text)
{
    write_text(text, screen_is_ours && !serial_is_console, false);
}

void console_note(const char *text)
{
    write_text(text, screen_is_ours && serial_is_console, !serial_is_console);
}

void console_leave_screen(void)
{
    screen_is_ours = false;
}

void console_take_screen(void)
{
    screen_is_ours = true;
}

int console_read_key(void)
{
    EFI_INPUT_KEY key;
    SIMPLE_INPUT_INTERFACE *input = firmware.system->ConIn;
    if (!input || EFI_ERROR(input->ReadKeyStroke(input, &key)))
        return 0;
    if (key.ScanCode == SCAN_ESC)
        return KEY_ESCAPE;
    return key.UnicodeChar < 0x80 ? key.UnicodeChar : 0;
}

void platform_log(enum log_level level, const char *line)
{
    bool wanted = level <= screen_level;
    recorder_add(level, line);
    bool to_serial = serial_is_console ? wanted && !screen_is_ours : wanted || level < LOG_DEBUG;
    write_text(line, screen_is_ours && wanted, to_serial);
    write_text("\n", screen_is_ours && wanted, to_serial);
}
