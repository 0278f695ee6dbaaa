/* SPDX-License-Identifier: BSD-2-Clause */
/* Results for the host, on the firmware's console. */
#include <stdarg.h>

#include "platform/format.h"
#include "tests/efi/conformance.h"

#define LINE 200
#define NAME 80

static unsigned passed, failed;

static void write_line(const char *text)
{
    CHAR16 wide[LINE + 2];
    size_t length = 0;
    for (; *text && length < LINE; text++) {
        if (*text == '\n')
            wide[length++] = '\r';
        wide[length++] = (CHAR16)*text;
    }
    wide[length] = 0;
    subject.system->ConOut->OutputString(subject.system->ConOut, wide);
}

void say(const char *format, ...)
{
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    format_text_va(line, sizeof line, format, arguments);
    va_end(arguments);
    write_line(line);
}

void check(bool good, const char *name, const char *format, ...)
{
    if (good) {
        passed++;
        say("ok %s\n", name);
        return;
    }

    failed++;
    char detail[LINE / 2];
    va_list arguments;
    va_start(arguments, format);
    format_text_va(detail, sizeof detail, format, arguments);
    va_end(arguments);
    say("FAIL %s: %s\n", name, detail);
}

void check_status(EFI_STATUS found, EFI_STATUS expected, const char *name)
{
    check(found == expected, name, "%llx, not %llx", (unsigned long long)found, (unsigned long long)expected);
}

const char *named(const char *format, ...)
{
    static char name[NAME];
    va_list arguments;
    va_start(arguments, format);
    format_text_va(name, sizeof name, format, arguments);
    va_end(arguments);
    return name;
}

unsigned finish(void)
{
    say("exerciser: %u passed, %u failed\n", passed, failed);
    return failed;
}
