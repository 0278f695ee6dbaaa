/* SPDX-License-Identifier: BSD-2-Clause */
/* key=value pairs of login text, each ended by a NUL (RFC 7143 section 6.1). Pure functions over bounded buffers. */
#ifndef SANSTRAP_ISCSI_KEY_TEXT_H
#define SANSTRAP_ISCSI_KEY_TEXT_H

#include "platform/platform.h"

/* Text being written. `full` once something did not fit; what was there stays whole. */
struct key_text_writer {
    uint8_t *bytes;
    uint32_t room, length;
    bool full;
};

/* Appends "key=value" and its NUL, all of it or nothing. */
void key_text_add(struct key_text_writer *writer, const char *key, const char *value);
void key_text_add_number(struct key_text_writer *writer, const char *key, uint32_t value);
/* As a hexadecimal constant, 0x…, of at most 64 bytes. */
void key_text_add_binary(struct key_text_writer *writer, const char *key, const uint8_t *bytes, uint32_t length);

/*
 * The next pair at *position of a text whose byte [length] the caller has set to 0. Cuts key and value in place. False at the
 * end; a piece without '=' or with an empty key ends the text with *malformed set.
 */
bool key_text_next(uint8_t *text, uint32_t length, uint32_t *position, const char **key, const char **value, bool *malformed);

/* A numerical value, decimal or 0x hexadecimal, at most `max`. */
bool key_text_number(const char *value, uint32_t max, uint32_t *number);

/* A binary value, 0x… hexadecimal or 0b… base64, of 1 to `room` bytes. `to` may be where the value stands. */
bool key_text_binary(const char *value, uint8_t *to, uint32_t room, uint32_t *length);

/* True when both are the same word but for the case of their letters. */
bool key_text_same_word(const char *a, const char *b);

#endif
