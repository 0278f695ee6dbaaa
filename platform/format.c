/* SPDX-License-Identifier: BSD-2-Clause */
/* printf for images without a libc, and the log line that is made with it. */
#include "platform/format.h"

#include <string.h>

#include "platform/characters.h"

struct output {
    char *to;
    size_t size;
    size_t length; /* of the whole text, cut or not */
};

/* One conversion, as written between '%' and its letter. */
struct conversion {
    bool left, zeros;
    int width;
    int precision; /* -1: none given */
    unsigned size; /* bytes of the integer argument */
};

static void emit(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->to[out->length] = c;
    out->length++;
}

static void emit_repeated(struct output *out, char c, int count)
{
    while (count-- > 0)
        emit(out, c);
}

static void emit_text(struct output *out, const struct conversion *conversion, const char *text)
{
    size_t length = 0;
    while ((conversion->precision < 0 || length < (size_t)conversion->precision) && text[length])
        length++;

    int padding = conversion->width - (int)length;
    if (!conversion->left)
        emit_repeated(out, ' ', padding);
    for (size_t i = 0; i < length; i++)
        emit(out, text[i]);
    if (conversion->left)
        emit_repeated(out, ' ', padding);
}

static void emit_number(struct output *out, const struct conversion *conversion, uint64_t value, unsigned base, bool capitals,
                        bool negative)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int length = 0;
    do {
        text[length++] = digits[value % base];
        value /= base;
    } while (value);
    if (conversion->precision == 0 && length == 1 && text[0] == '0')
        length = 0;

    int zeros = conversion->precision - length;
    if (conversion->zeros && !conversion->left && conversion->precision < 0)
        zeros = conversion->width - length - negative;
    if (zeros < 0)
        zeros = 0;

    int padding = conversion->width - length - zeros - negative;
    if (!conversion->left)
        emit_repeated(out, ' ', padding);
    if (negative)
        emit(out, '-');
    emit_repeated(out, '0', zeros);
    while (length > 0)
        emit(out, text[--length]);
    if (conversion->left)
        emit_repeated(out, ' ', padding);
}

static const char *read_flags(const char *at, struct conversion *conversion)
{
    for (;; at++) {
        if (*at == '-')
            conversion->left = true;
        else if (*at == '0')
            conversion->zeros = true;
        else
            return at;
    }
}

static const char *read_digits(const char *at, int *value)
{
    *value = 0;
    for (; is_digit(*at); at++)
        if (*value < 1000)
            *value = *value * 10 + (*at - '0');
    return at;
}

static const char *read_length(const char *at, struct conversion *conversion)
{
    bool twice = (*at == 'h' || *at == 'l') && at[1] == *at;

    conversion->size = sizeof(uint32_t);
    if (*at == 'h')
        conversion->size = twice ? sizeof(uint8_t) : sizeof(uint16_t);
    else if (*at == 'z')
        conversion->size = sizeof(size_t);
    else if (*at == 'l' && twice)
        conversion->size = sizeof(uint64_t);
    else
        return at;
    return at + (twice ? 2 : 1);
}

/* `char` and `short` arrive as int; the rest as written. */
static uint64_t read_unsigned(const struct conversion *conversion, va_list *arguments)
{
    uint64_t value = conversion->size == sizeof(uint64_t) ? va_arg(*arguments, uint64_t) : va_arg(*arguments, uint32_t);
    if (conversion->size < sizeof(uint32_t))
        value &= (1u << conversion->size * 8) - 1;
    return value;
}

static void emit_signed(struct output *out, const struct conversion *conversion, va_list *arguments)
{
    uint64_t value = read_unsigned(conversion, arguments);
    unsigned unused_bits = 64 - conversion->size * 8;
    int64_t number = (int64_t)(value << unused_bits) >> unused_bits;
    bool negative = number < 0;
    emit_number(out, conversion, negative ? 0 - (uint64_t)number : (uint64_t)number, 10, false, negative);
}

/* `at` is the conversion's letter. Returns false, having written nothing, for a letter that is none of ours. */
static bool emit_conversion(struct output *out, struct conversion *conversion, char letter, va_list *arguments)
{
    switch (letter) {
    case 'd':
    case 'i':
        emit_signed(out, conversion, arguments);
        return true;
    case 'u':
        emit_number(out, conversion, read_unsigned(conversion, arguments), 10, false, false);
        return true;
    case 'x':
    case 'X':
        emit_number(out, conversion, read_unsigned(conversion, arguments), 16, letter == 'X', false);
        return true;
    case 'p':
        emit_number(out, conversion, (uintptr_t)va_arg(*arguments, void *), 16, false, false);
        return true;
    case 'c': {
        char text[2] = {(char)va_arg(*arguments, int), 0};
        emit_text(out, conversion, text);
        return true;
    }
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        emit_text(out, conversion, text ? text : "(null)");
        return true;
    }
    case '%':
        emit(out, '%');
        return true;
    default:
        return false;
    }
}

/* A width or precision: a number, or an argument. */
static const char *read_count(const char *at, int *count, va_list *arguments)
{
    if (*at != '*')
        return read_digits(at, count);
    *count = va_arg(*arguments, int);
    return at + 1;
}

/* What stands between '%' and the conversion's letter, to which it returns. */
static const char *read_conversion(const char *at, struct conversion *conversion, va_list *arguments)
{
    at = read_flags(at, conversion);
    at = read_count(at, &conversion->width, arguments);
    if (*at == '.')
        at = read_count(at + 1, &conversion->precision, arguments);
    return read_length(at, conversion);
}

size_t format_text_va(char *to, size_t size, const char *format, va_list arguments)
{
    struct output out = {.to = to, .size = size};
    va_list rest;
    va_copy(rest, arguments);

    while (*format) {
        if (*format != '%') {
            emit(&out, *format++);
            continue;
        }
        struct conversion conversion = {.precision = -1};
        const char *at = read_conversion(format + 1, &conversion, &rest);
        if (emit_conversion(&out, &conversion, *at, &rest))
            format = at + 1;
        else
            emit(&out, *format++);
    }

    va_end(rest);
    if (size)
        to[out.length < size ? out.length : size - 1] = '\0';
    return out.length;
}

size_t format_text(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(to, size, format, arguments);
    va_end(arguments);
    return length;
}

void log_printf(enum log_level level, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    format_text_va(line, sizeof line, format, arguments);
    va_end(arguments);
    platform_log(level, line);
}
