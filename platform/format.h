/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf for images without a libc, the part of it that sanstrap uses:
 *   %d %i %u %x %X %c %s %p %%   length ll, z, h, hh   flags - 0   width and precision, also as *
 * Another conversion prints itself verbatim, so that a slip is seen and not executed; so does %l, whose size is another on each
 * ABI.
 */
#ifndef SANSTRAP_FORMAT_H
#define SANSTRAP_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#include "platform/platform.h"

/*
 * Formats into `to`, always NUL-terminated when `size` > 0. Returns the length that the whole text has or would have had,
 * so a result >= size says that it was cut.
 */
size_t format_text(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t format_text_va(char *to, size_t size, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

/* Addresses: dotted, and as RFC 5952 has them. `text` holds at least FORMAT_ADDRESS_SIZE bytes. */
#define FORMAT_ADDRESS_SIZE 46
void format_ipv4(char *text, const uint8_t bytes[4]);
void format_ipv6(char *text, const uint8_t bytes[16]);

/* Formats a line (cut at 255 bytes) and hands it to platform_log(). */
void log_printf(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
