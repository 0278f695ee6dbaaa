/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small parsers over a bounded piece of text, shared by the command line, the root path and the DHCP options. None needs a NUL at
 * the end.
 */
#ifndef SANSTRAP_LOADER_TEXT_H
#define SANSTRAP_LOADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/characters.h"

/* True when `text` is `literal`, whose letters are lower case, in any case. */
bool text_is(const char *text, size_t length, const char *literal);

/* A decimal number of at least one digit, at most `maximum`, with nothing around it. */
bool text_parse_decimal(const char *text, size_t length, uint32_t maximum, uint32_t *value);

/* Decimal, or hexadecimal when it begins with 0x. */
bool text_parse_number(const char *text, size_t length, uint32_t maximum, uint32_t *value);

/* Six pairs of hexadecimal digits between ':' or '-'. */
bool text_parse_mac(const char *text, size_t length, uint8_t mac[6]);

/* Copies and ends with NUL. False, and an empty `to`, when it does not fit with its NUL or holds a NUL itself. */
bool text_copy(char *to, size_t size, const char *text, size_t length);

/* No control character is among them. */
bool text_is_printable(const char *text, size_t length);

#endif
