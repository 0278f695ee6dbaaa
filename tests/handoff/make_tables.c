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

#define ROOM (64 * KIB)

static const uint8_t boot_id[16] = {0xB0, 0x07, 0x1D};

static int output(const uint8_t *bytes, size_t length)
{
    return fwrite(bytes, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
}

static bool find_facts(const char *name, struct handoff *facts)
{
    for (size_t i = 0; i < MACHINES; i++)
        if (!strcmp(machines[i].name, name)) {
            *facts = machines[i].facts();
            return true;
        }
    return false;
}

static int output_ibft(const struct handoff *facts)
{
    static uint8_t bytes[ROOM];
    size_t length;
    return ibft_write(facts, IBFT_GATEWAY_AUTO, bytes, sizeof bytes, &length) == OK ? output(bytes, length) : 1;
}

static int output_isdh(struct handoff *facts, int count, char **arguments)
{
    static uint8_t bytes[ROOM];
    struct isdh_options options = {.self = strtoull(arguments[0], NULL, 0)};
    facts->generation = strtoull(arguments[1], NULL, 0);
    facts->log_address = strtoull(arguments[2], NULL, 0);
    facts->log_size = (uint32_t)strtoul(arguments[3], NULL, 0);

    for (int i = 4; i < count; i++) {
        options.acpi |= !strcmp(arguments[i], "acpi");
        options.secrets |= !strcmp(arguments[i], "secrets");
    }
    if (options.acpi)
        options.self = 0;

    size_t length;
    return isdh_write(facts, &options, bytes, sizeof bytes, &length) == OK ? output(bytes, length) : 1;
}

static int output_log(size_t size)
{
    uint8_t *memory = malloc(size);
    if (!memory)
        return 1;

    host_clock_use_virtual();
    recorder_open(memory, size, boot_id);
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        recorder_add((enum log_level)(line[0] - '0'), line + 2);
        host_clock_advance_us(1000);
    }

    int result = output(memory, size);
    free(memory);
    return result;
}

int main(int count, char **arguments)
{
    struct handoff facts;
    if (count == 3 && !strcmp(arguments[1], "log"))
        return output_log(strtoul(arguments[2], NULL, 0));
    if (count < 3 || !find_facts(arguments[2], &facts))
        return 2;
    if (!strcmp(arguments[1], "ibft"))
        return output_ibft(&facts);
    return count >= 7 ? output_isdh(&facts, count - 3, arguments + 3) : 2;
}
