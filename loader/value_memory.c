/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that are an amount of memory. */
#include "cache/cache.h"
#include "loader/setting.h"
#include "loader/text.h"
#include "platform/bytes.h"
#include "platform/characters.h"

#define MEMORY_MIN (1 * MIB)
#define MEMORY_MAX (64 * MIB)

static enum status parse_bytes(void *to, const char *value, size_t length, uint32_t least, uint32_t most)
{
    char unit = length ? lower_case(value[length - 1]) : '\0';
    uint32_t bytes = unit == 'k' ? KIB : unit == 'm' ? MIB : 1;
    uint32_t number;
    if (!text_parse_number(value, bytes > 1 ? length - 1 : length, most / bytes, &number) || number * bytes < least)
        return E_SETTING_VALUE;
    *(uint32_t *)to = number * bytes;
    return OK;
}

enum status value_parse_memory(void *to, const char *value, size_t length)
{
    return parse_bytes(to, value, length, MEMORY_MIN, MEMORY_MAX);
}

enum status value_parse_read_ahead(void *to, const char *value, size_t length)
{
    if (!text_is(value, length, "off"))
        return parse_bytes(to, value, length, CACHE_MEMORY_MIN, MEMORY_MAX / 2);
    *(uint32_t *)to = 0;
    return OK;
}
