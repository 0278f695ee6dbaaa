/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes DHCPACK messages for tests. */
#ifndef SANSTRAP_TESTS_DHCP_BUILDER_H
#define SANSTRAP_TESTS_DHCP_BUILDER_H

#include <stdint.h>
#include <string.h>

struct dhcp_builder {
    uint8_t bytes[1500];
    size_t length;
};

/* A reply for 192.0.2.10 and the MAC address 52:54:00:12:34:56, without options yet. */
static inline void dhcp_build(struct dhcp_builder *builder)
{
    memset(builder, 0, sizeof *builder);
    memcpy(builder->bytes, "\002\001\006", 3);
    memcpy(builder->bytes + 16, "\300\000\002\012", 4);
    memcpy(builder->bytes + 28, "\x52\x54\x00\x12\x34\x56", 6);
    memcpy(builder->bytes + 236, "\x63\x82\x53\x63", 4);
    builder->length = 240;
}

static inline void dhcp_raw(struct dhcp_builder *builder, const void *bytes, size_t length)
{
    memcpy(builder->bytes + builder->length, bytes, length);
    builder->length += length;
}

static inline void dhcp_option(struct dhcp_builder *builder, uint8_t code, const void *value, uint8_t length)
{
    dhcp_raw(builder, (uint8_t[]){code, length}, 2);
    dhcp_raw(builder, value, length);
}

static inline void dhcp_text(struct dhcp_builder *builder, uint8_t code, const char *text)
{
    dhcp_option(builder, code, text, (uint8_t)strlen(text));
}

/* What a DHCPACK of an ordinary server holds beside what the test adds. */
static inline void dhcp_ack(struct dhcp_builder *builder)
{
    dhcp_build(builder);
    dhcp_option(builder, 53, "\005", 1);
    dhcp_option(builder, 54, "\300\000\002\001", 4);
    dhcp_option(builder, 51, "\000\000\016\020", 4);
    dhcp_option(builder, 1, "\377\377\377\000", 4);
    dhcp_option(builder, 3, "\300\000\002\001", 4);
}

#endif
