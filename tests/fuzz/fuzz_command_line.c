/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any text as the command line. Values that are taken lie in the ranges that the settings promise. */
#include <stdlib.h>
#include <string.h>

#include "loader/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
    struct settings settings;
    struct iscsi_settings iscsi;
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    if (size)
        memcpy(line, data, size);
    line[size] = '\0';
    if (settings_begin(&settings, line) == OK) {
        if (settings.boot.drive < 0x80 || settings.mtu < 576 || settings.mtu > 9000 || settings.rings < 8 ||
            settings.rings > 4096 || settings.home.memory < 1u << 20 || settings.home.memory > 64u << 20 ||
            settings.home.serial_port > 4)
            abort();
        if (settings_finish(&settings, mac) == OK)
            settings_for_iscsi(&settings, mac, &iscsi);
    } else if (strlen(settings.mark.text) > MARK_LENGTH) {
        abort();
    }
    free(line);
    return 0;
}
