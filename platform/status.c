/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of everything that can go wrong, and the record of what last did. */
#include "platform/status.h"

#include <stdarg.h>
#include <stdint.h>

#include "platform/format.h"

/* The words of the table's columns. */
#define FINAL_AGAIN     0
#define FINAL_FINAL     1
#define CARD_OTHER_CARD 1
#define CARD_ANY_CARD   0

static const struct row {
    uint16_t status;
    bool final : 1, differs_by_card : 1;
    uint8_t class;
    const char *what, *advice;
} rows[] = {
#define STATUS(name, code, reconnect, cards, class, what, advice)                                                                \
    {name, FINAL_##reconnect, CARD_##cards, CLASS_##class, what, advice},
#include "platform/status.def"
#undef STATUS
    {OK, false, false, CLASS_DONE, "No error", ""},
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

static const struct row *row_of(enum status status)
{
    for (const struct row *row = rows; row < rows + sizeof rows / sizeof rows[0]; row++)
        if (row->status == status)
            return row;
    return row_of(E_INTERNAL);
}

const char *status_what(enum status status)
{
    return row_of(status)->what;
}

const char *status_advice(enum status status)
{
    return row_of(status)->advice;
}

bool status_is_final(enum status status)
{
    return row_of(status)->final;
}

bool status_may_differ_by_card(enum status status)
{
    return row_of(status)->differs_by_card;
}

enum status_class status_class(enum status status)
{
    return (enum status_class)row_of(status)->class;
}
