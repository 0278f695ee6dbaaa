/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/status.h"

#include <stdarg.h>

#include "platform/format.h"

static const struct text {
    enum status status;
    const char *what, *advice;
} texts[] = {
#define STATUS(name, code, what, advice) {name, what, advice},
#include "platform/status.def"
#undef STATUS
    {OK, "No error", ""},
};

static enum status recorded;
static char detail[192];

enum status fail(enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_va(detail, sizeof detail, format, arguments);
    va_end(arguments);
    recorded = status;
    return status;
}

const char *failure_detail(enum status status)
{
    return status == recorded ? detail : "";
}

static const struct text *find(enum status status)
{
    for (const struct text *text = texts; text < texts + sizeof texts / sizeof *texts; text++)
        if (text->status == status)
            return text;
    return find(E_INTERNAL);
}

const char *status_what(enum status status)
{
    return find(status)->what;
}

const char *status_advice(enum status status)
{
    return find(status)->advice;
}
