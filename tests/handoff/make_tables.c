/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to standard output:
 *   make-tables ibft plain|chap|ipv6|large
 *   make-tables isdh plain|chap|ipv6|large SELF GENERATION LOG-ADDRESS LOG-SIZE [acpi] [secrets]
 *   make-tables log SIZE    a flight recorder with the lines of standard input, "LEVEL TEXT", a millisecond apart
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/handoff.h"
#include "handoff/recorder.h"
#include "tests/host/host.h"
#include "tests/unit/handoff_facts.h"

#define ROOM (64u << 10)

static const uint8_t boot_id[16] = {0xB0, 0x07, 0x1D};

static int put(const uint8_t *bytes, size_t length)
{
    return fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
}

static bool find_facts(const char *name, struct handoff *facts)
{
    static const struct {
        const char *name;
        struct handoff (*make)(void);
    } all[] = {{"plain", plain_facts}, {"chap", chap_facts}, {"ipv6", ipv6_facts}, {"large", large_facts}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].name, name)) {
            *facts = all[i].make();
            return true;
        }
    return false;
}

static int put_ibft(const struct handoff *facts)
{
    static uint8_t bytes[ROOM];
    size_t length;
    return ibft_write(facts, IBFT_GATEWAY_AUTO, bytes, sizeof bytes, &length) == OK ? put(bytes, length) : 1;
}

static int put_isdh(struct handoff *facts, int count, char **arguments)
{
    static uint8_t bytes[ROOM];
    struct isdh_options options = {.self = strtoull(arguments[0], NULL, 0)};
    size_t length;
    facts->generation = strtoull(arguments[1], NULL, 0);
    facts->log_address = strtoull(arguments[2], NULL, 0);
    facts->log_size = (uint32_t)strtoul(arguments[3], NULL, 0);
    for (int i = 4; i < count; i++) {
        options.acpi |= !strcmp(arguments[i], "acpi");
        options.secrets |= !strcmp(arguments[i], "secrets");
    }
    if (options.acpi)
        options.self = 0;
    return isdh_write(facts, &options, bytes, sizeof bytes, &length) == OK ? put(bytes, length) : 1;
}

static int put_log(size_t size)
{
    char line[512];
    uint8_t *memory = malloc(size);
    if (!memory)
        return 1;
    host_clock_use_virtual();
    recorder_open(memory, size, boot_id);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        recorder_add((enum log_level)(line[0] - '0'), line + 2);
        host_clock_advance_us(1000);
    }
    int result = put(memory, size);
    free(memory);
    return result;
}

int main(int count, char **arguments)
{
    struct handoff facts;
    if (count == 3 && !strcmp(arguments[1], "log"))
        return put_log(strtoul(arguments[2], NULL, 0));
    if (count < 3 || !find_facts(arguments[2], &facts))
        return 2;
    if (!strcmp(arguments[1], "ibft"))
        return put_ibft(&facts);
    return count >= 7 ? put_isdh(&facts, count - 3, arguments + 3) : 2;
}
