/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap-handoff(8): decodes and checks what boot loaders and firmware leave for the OS. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/common/complain.h"
#include "tools/common/print.h"
#include "tools/handoff/decode.h"
#include "tools/handoff/exit_status.h"
#include "tools/handoff/source.h"

#define ACPI_TABLES "/sys/firmware/acpi/tables"

static const char usage[] = "usage: sanstrap-handoff [--json] [--show-secrets] [--log] [--base ADDRESS] [FILE | DIRECTORY | -]\n";

/* As sanstrap-handoff.8 has them. */
static const char help[] =
    "\n"
    "Shows and checks the iSCSI boot tables (iBFT, ISDH) left for the operating system: in a directory of ACPI tables\n"
    "(" ACPI_TABLES " when none is named), in a table's file, or in a raw memory image.\n"
    "\n"
    "  --base ADDRESS   physical address of the memory image's first byte, decimal or 0x...; 0 by default\n"
    "  --json           JSON instead of text\n"
    "  --log            the flight recorder of a memory image instead of its tables\n"
    "  --show-secrets   CHAP secrets, and not their lengths alone\n"
    "  --help           this text\n"
    "  --version        the version\n"
    "\n"
    "Exit status: 0 all that counts is valid, 1 something is not or nothing was found, 2 trouble. More: sanstrap-handoff(8).\n";

struct options {
    bool json, secrets, log, has_base;
    uint64_t base;
    const char *path;
};

/* What is printed, and how it went. */
struct report {
    struct node *root;
    struct tables tables;
    enum exit_status status;
};

/* ---- the command line ---- */

static bool parse_base(const char *text, struct options *options)
{
    char *end;
    errno = 0;
    options->base = strtoull(text, &end, 0);
    options->has_base = true;
    if (!errno && end != text && !*end && *text >= '0' && *text <= '9')
        return true;
    complain("--base is '%s': it takes the physical address of the image's first byte, as 0x100000 or 1048576", text);
    return false;
}

/* The status, unless it cannot be told that what it stands for was written. */
static enum exit_status end_output(enum exit_status status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    complain("cannot write what was found: %s", strerror(errno));
    return EXIT_TROUBLE;
}

__attribute__((noreturn)) static void print_and_exit(bool wants_help)
{
    if (wants_help)
        printf("%s%s", usage, help);
    else
        puts("sanstrap-handoff " SANSTRAP_VERSION);
    exit(end_output(EXIT_VALID));
}

/* EXIT_VALID: to go on. --help and --version end the program. */
static enum exit_status parse_options(int count, char **arguments, struct options *options)
{
    static const struct option names[] = {{"json", no_argument, NULL, 'j'},
                                          {"show-secrets", no_argument, NULL, 's'},
                                          {"log", no_argument, NULL, 'l'},
                                          {"base", required_argument, NULL, 'b'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    *options = (struct options){.path = ACPI_TABLES};

    for (int option; (option = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        options->json |= option == 'j';
        options->secrets |= option == 's';
        options->log |= option == 'l';
        if (option == 'b' && !parse_base(optarg, options))
            return EXIT_TROUBLE;
        if (option == 'h' || option == 'v')
            print_and_exit(option == 'h');
        if (option == '?') {
            fputs(usage, stderr);
            return EXIT_TROUBLE;
        }
    }

    if (optind < count)
        options->path = arguments[optind++];
    if (optind < count) {
        complain("there is '%s' after '%s': it looks at one file or directory at a time", arguments[optind], options->path);
        return EXIT_TROUBLE;
    }
    return EXIT_VALID;
}

/* ---- what is looked at ---- */

static void report_kind(struct report *report, const char *kind, const char *path)
{
    tree_add_text(report->root, "input", NULL, path);
    tree_add_text(report->root, "kind", NULL, kind);
}

/* Tables into the tree, their verdict into the status. */
static void report_tables(struct report *report, const struct options *options, const char *where)
{
    tables_judge(&report->tables);
    bool valid = tables_are_valid(&report->tables);
    tree_add_truth(report->root, "valid", NULL, valid);
    decode_tables(tree_add_list(report->root, "tables", NULL), &report->tables, options->secrets);
    report->status = valid ? EXIT_VALID : EXIT_INVALID;
    if (!report->tables.count)
        complain("no iBFT and no ISDH in %s: %s", options->path, where);
}

static void report_log(struct report *report, const struct options *options, const struct source *image)
{
    struct log_place place;
    tables_judge(&report->tables);
    const char *why = log_find(&place, &report->tables, image->bytes, image->size, options->base);
    tree_add_truth(report->root, "valid", NULL, !why && !place.of_another_boot);
    report->status = why || place.of_another_boot ? EXIT_INVALID : EXIT_VALID;

    if (!why) {
        decode_log(report->root, &place);
        return;
    }
    tree_add_nothing(report->root, "log", NULL);
    complain("%s: %s", options->path, why);
}

static void add_file(struct tables *tables, const struct source *file, enum handoff_table kind)
{
    tables_add(tables,
               (struct table){.kind = kind, .bytes = file->bytes, .size = file->size, .self = ISDH_ANYWHERE, .file = file->path});
}

static bool wants_image(const struct options *options, const char *what)
{
    if (!options->log && !options->has_base)
        return true;
    complain("%s is %s: %s goes with a memory image", options->path, what, options->log ? "--log" : "--base");
    return false;
}

static struct source *look_at_directory(struct report *report, const struct options *options)
{
    struct source *files = NULL;
    report->status = EXIT_TROUBLE;
    if (!wants_image(options, "a directory") || !source_open_directory(options->path, &files))
        return files;

    report_kind(report, "directory", options->path);
    for (const struct source *file = files; file; file = file->next) {
        const char *name = strrchr(file->path, '/') + 1;
        add_file(&report->tables, file, table_kind((const uint8_t *)name, strlen(name)));
    }
    report_tables(report, options, "it has no files of these names; did firmware or a boot loader leave any?");
    return files;
}

/* Small, and beginning with a table: nothing but that table, unless there is a base. */
static bool is_a_table(const struct options *options, const struct source *file)
{
    return !options->has_base && file->size <= ISDH_LENGTH_MAX && table_kind(file->bytes, file->size) != HANDOFF_NO_TABLE;
}

static void look_at_image(struct report *report, const struct options *options, const struct source *image)
{
    if (image->size > UINT64_MAX - options->base) {
        complain("--base 0x%" PRIx64 " leaves no room for the %zu bytes of %s", options->base, image->size, options->path);
        return;
    }

    report_kind(report, "image", options->path);
    tree_add_number(report->root, "base", NULL, options->base);
    tree_add_number(report->root, "size", NULL, image->size);
    tables_scan(&report->tables, image->bytes, image->size, options->base);

    if (options->log)
        report_log(report, options, image);
    else
        report_tables(report, options, "it was taken for a memory image, and neither's signature leads to a table there");
}

static struct source *look_at_file(struct report *report, const struct options *options)
{
    struct source *file = source_open(options->path);
    report->status = EXIT_TROUBLE;
    if (!file)
        return NULL;

    if (!is_a_table(options, file)) {
        look_at_image(report, options, file);
        return file;
    }
    if (!wants_image(options, "a table by itself"))
        return file;

    report_kind(report, "table", options->path);
    add_file(&report->tables, file, table_kind(file->bytes, file->size));
    report_tables(report, options, "");
    return file;
}

int main(int count, char **arguments)
{
    struct options options;
    struct report report = {.status = parse_options(count, arguments, &options)};
    if (report.status != EXIT_VALID)
        return report.status;

    report.root = tree_new();
    struct stat status;
    bool is_directory = stat(options.path, &status) == 0 && S_ISDIR(status.st_mode);
    struct source *sources = is_directory ? look_at_directory(&report, &options) : look_at_file(&report, &options);
    if (report.status != EXIT_TROUBLE)
        (options.json ? print_json : print_text)(report.root, stdout);
    report.status = end_output(report.status);

    tree_free(report.root);
    tables_free(&report.tables);
    source_close(sources);
    return report.status;
}
