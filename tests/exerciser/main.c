/* SPDX-License-Identifier: BSD-2-Clause */
/* What is run, as LBA 1 says. */
#include "exerciser.h"

struct config config;
bool strict;

/* From the drive that the program came from, before anything is known of the BIOS. */
static bool read_config(void)
{
    config.drive = peek8(NOTE_DX); /* DL */
    if (transfer(0x42, 1, 1, BUFFER) != 0)
        return false;

    for (uint32_t i = 0; i < sizeof config; i++)
        ((uint8_t *)&config)[i] = peek8(BUFFER + i);
    return config.magic[0] == 'E' && config.magic[7] == 'R';
}

void exerciser_main(void)
{
    say("\nexerciser: started\n");
    if (!read_config()) {
        check(false, "config", "LBA 1 unreadable or without magic");
        power_off();
    }

    strict = config.profile == 1;
    if (config.mode == 1) {
        measure_speed();
        power_off();
    }

    test_entry();
    test_memory_map();
    test_parameters();
    test_classic();
    test_edd();
    test_buffers();
    test_environment();
    test_random();
    test_mixed();

    check(preserved_always, "registers-preserved", "see the line that begins with changed:");
    power_off();
}
