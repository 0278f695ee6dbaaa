/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as what sanstrap-handoff is shown, a table by itself and a memory image, decoded to text and to JSON. What
 * comes out is ASCII without control characters.
 */
#include "tests/fuzz/fuzz_handoff.h"
#include "tests/fuzz/fuzz_print.h"
#include "tools/handoff/decode.h"

#define BASE 0x80000u

static void show(struct tables *tables, const struct log_place *log)
{
    struct node *root = tree_new();
    tables_judge(tables);
    tree_add_truth(root, "valid", "Valid", tables_are_valid(tables));
    decode_tables(tree_add_list(root, "tables", NULL), tables, true);
    if (log)
        decode_log(root, log);
    check_output(root, print_text);
    check_output(root, print_json);
    tree_free(root);
    tables_free(tables);
}

static void as_a_table(const uint8_t *bytes, size_t size)
{
    struct tables tables = {.count = 0};
    enum handoff_table kind = table_kind(bytes, size);
    if (kind == HANDOFF_NO_TABLE)
        return;
    tables_add(&tables, (struct table){.kind = kind, .bytes = bytes, .size = size, .self = ISDH_ANYWHERE, .file = "file"});
    show(&tables, NULL);
}

static void as_an_image(const uint8_t *bytes, size_t size)
{
    struct tables tables = {.count = 0};
    struct log_place log;
    tables_scan(&tables, bytes, size, BASE);
    tables_judge(&tables);
    show(&tables, log_find(&log, &tables, bytes, size, BASE) ? NULL : &log);
}

static void seal_all(uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += ISDH_SCAN_STEP) {
        enum handoff_table kind = table_kind(bytes + at, size - at);
        if (kind == HANDOFF_IBFT)
            seal_ibft(bytes + at, size - at);
        else if (kind == HANDOFF_ISDH)
            seal_isdh(bytes + at, size - at, BASE + at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    if (wants_seal(data, size))
        seal_all(bytes, size);
    as_a_table(bytes, size);
    as_an_image(bytes, size);
    free(bytes);
    return 0;
}
