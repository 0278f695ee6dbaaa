/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any text as the command line. Values that are taken lie in the ranges that the settings promise. */
#include <stdlib.h>
#include <string.h>

#include "loader/settings.h"
#include "platform/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';

    struct settings settings;
    if (settings_begin(&settings, line) == OK) {
        if (settings.boot.drive < DRIVE_MIN || settings.mtu < 576 || settings.mtu > 9000 || settings.rings < 8 ||
            settings.rings > 4096 || settings.home.memory < 1 * MIB || settings.home.memory > 64 * MIB ||
            settings.home.serial_port > 4)
            abort();

        struct iscsi_settings iscsi;
        if (settings_finish(&settings, mac) == OK)
            settings_for_iscsi(&settings, &iscsi);
    } else if (strlen(settings.mark.text) > MARK_LENGTH) {
        abort();
    }
    free(line);
    return 0;
}
