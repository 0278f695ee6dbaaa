/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/status.h"

#include <stdarg.h>

#include "platform/format.h"

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

const char *status_what(enum status status)
{
    switch (status) {
    case OK:
        return "No error";
#define STATUS(name, code, what, advice) \
    case name: \
        return what;
#include "platform/status.def"
#undef STATUS
    }
    return status_what(E_INTERNAL);
}

const char *status_advice(enum status status)
{
    switch (status) {
    case OK:
        return "";
#define STATUS(name, code, what, advice) \
    case name: \
        return advice;
#include "platform/status.def"
#undef STATUS
    }
    return status_advice(E_INTERNAL);
}
