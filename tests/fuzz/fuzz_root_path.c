/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes as a root path. A path that is taken must be written into its fields within their bounds, and its LUN must
 * read back. */
#include <stdlib.h>
#include <string.h>

#include "iscsi/lun.h"
#include "loader/root_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct root_path path;
    size_t wrong;

    if (root_path_parse(&path, (const char *)data, size, &wrong) != OK) {
        if (wrong > size)
            abort();
        return 0;
    }
    if (!path.server[0] || !path.target[0] || !path.port)
        abort();

    uint8_t lun[8];
    char text[LUN_TEXT_SIZE];
    lun_format(path.lun, text);
    if (!lun_parse(text, strlen(text), lun, &wrong) || memcmp(lun, path.lun, 8))
        abort();
    return 0;
}
