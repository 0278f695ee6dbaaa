/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a target says while we log in, with one-way CHAP, mutual CHAP or none by the first byte. */
#include "tests/fuzz/fuzz_iscsi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct iscsi_settings settings = fuzz_settings();

    if (length < 1)
        return 0;
    if (bytes[0] & 1)
        settings.chap = (struct iscsi_chap){"joe", "secret-of-joe-1"};
    if (bytes[0] & 2)
        settings.mutual_chap = (struct iscsi_chap){"disk", "secret-of-disk-2"};
    fuzz_open(&settings, NULL, 0, bytes + 1, length - 1);
    fuzz_close();
    return 0;
}
