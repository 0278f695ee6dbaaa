/* SPDX-License-Identifier: BSD-2-Clause */
/* Options by getopt_long(); the file has the same names, one a line. */
#include "tools/savecore/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/bytes.h"
#include "platform/characters.h"
#include "tools/common/complain.h"
#include "tools/common/memory.h"

#define FILE_MOST (64 * KIB)

const char options_usage[] = "usage: sanstrap-savecore [--save | --force-save | --list | --check | --clear] [options] [DISK]\n"
                             "       sanstrap-savecore --prepare [--force] --partition=PARTITION [DISK]\n"
                             "       sanstrap-savecore --prepare [--force] --extent=FIRST_LBA:BLOCKS DISK\n";

/* As sanstrap-savecore.8 has them. */
const char options_help[] = "\n"
                            "Saves crash dumps that sanstrap's dump driver wrote to areas on disks, and marks such areas.\n"
                            "\n"
                            "  --save                   saves complete dumps and frees their areas; the default\n"
                            "  --force-save             copies what there is of incomplete and damaged dumps, too\n"
                            "  --list                   shows areas and what they hold\n"
                            "  --check                  likewise, and reads the dumps through\n"
                            "  --clear                  frees an area; the dump in it is lost\n"
                            "  --prepare                marks a partition, or an extent, as an area\n"
                            "\n"
                            "  --partition=PARTITION    a device, a PARTUUID, or a number of DISK\n"
                            "  --extent=FIRST_LBA:BLOCKS  blocks of DISK\n"
                            "  --directory=DIRECTORY    where dumps are saved; " OPTIONS_DIRECTORY " by default\n"
                            "  --keep                   does not free the area of a dump that was saved\n"
                            "  --force                  marks a place that holds something of somebody's\n"
                            "  --block-size=BYTES       of a disk image; 512 by default\n"
                            "  --config=FILE            instead of " OPTIONS_FILE "\n"
                            "  --json                   JSON instead of text\n"
                            "  --help, --version        this text; the version\n"
                            "\n"
                            "Exit status: 0 done, 1 nothing there, 2 trouble. More: sanstrap-savecore(8).\n";

static void add_place(struct options *options, struct place place)
{
    options->places = memory_resize(options->places, (options->count + 1) * sizeof *options->places);
    options->places[options->count++] = place;
}

/* A whole number that ends at `stop`. */
static const char *take_number(const char *text, char stop, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return is_digit(*text) && !errno && *end == stop ? end : NULL;
}

static bool parse_extent(const char *text, struct place *place)
{
    const char *colon = take_number(text, ':', &place->first);
    place->is_extent = true;
    if (colon && take_number(colon + 1, '\0', &place->blocks) && place->blocks && place->first <= UINT64_MAX - place->blocks)
        return true;
    complain("--extent is '%s': it takes <first LBA>:<blocks>, as 2048:16777216", text);
    return false;
}

/* ---- the file ---- */

/* `partition=…`, `extent=… DISK`, `disk=…`, `directory=…`. */
static bool take_line(struct options *options, char *line, bool takes_places)
{
    struct place place = {.device = NULL};
    char *value = strchr(line, '='), *blank = value ? strpbrk(value, " \t") : NULL;
    bool has_device = blank != NULL;
    if (!value)
        return false;
    *value++ = '\0';
    if (has_device) {
        *blank++ = '\0';
        place.device = blank + strspn(blank, " \t");
    }

    bool is_directory = !strcmp(line, "directory") && !has_device, is_disk = !strcmp(line, "disk") && !has_device;
    bool is_extent = !strcmp(line, "extent") && has_device, is_partition = !strcmp(line, "partition");
    if (!*value || (has_device && !*place.device) || (!is_directory && !is_disk && !is_extent && !is_partition))
        return false;

    if (is_directory && !options->directory)
        options->directory = value;
    if (is_disk)
        place.device = value;
    if (is_partition)
        place.partition = value;
    if (is_extent && !parse_extent(value, &place))
        return false;
    if (!is_directory && takes_places)
        add_place(options, place);
    return true;
}

/* Without the blanks at either end. */
static char *trim(char *line)
{
    line += strspn(line, " \t");
    for (char *end = line + strlen(line); end > line && strchr(" \t\r", end[-1]);)
        *--end = '\0';
    return line;
}

static bool take_lines(struct options *options, const char *path)
{
    bool takes_places = options->count == 0;
    unsigned number = 1;
    for (char *line = options->file, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';

        line = trim(line);
        if (*line && *line != '#' && !take_line(options, line, takes_places)) {
            complain("%s, line %u cannot be read: it takes partition=, extent=FIRST_LBA:BLOCKS DISK, disk= and directory=", path,
                     number);
            return false;
        }
    }

    options->are_of_the_file = takes_places && options->count > 0;
    return true;
}

static bool read_file(struct options *options, const char *path, bool must_exist)
{
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT && !must_exist)
        return true;
    options->file = memory_take(FILE_MOST + 1);
    size_t length = file ? fread(options->file, 1, FILE_MOST + 1, file) : 0;
    bool good = file && !ferror(file) && length <= FILE_MOST && !memchr(options->file, '\0', length);
    if (!good)
        complain("cannot read %s: %s", path, file && !ferror(file) ? "it is no short text" : strerror(errno));
    if (file)
        fclose(file);

    if (good)
        options->file[length] = '\0';
    return good && take_lines(options, path);
}

/* ---- the command line ---- */

enum {
    OPTION_JSON = 256,
    OPTION_FORCE,
    OPTION_KEEP,
    OPTION_DIRECTORY,
    OPTION_PARTITION,
    OPTION_EXTENT,
    OPTION_BLOCK_SIZE,
    OPTION_CONFIG
};

static const struct option names[] = {
    {"save", no_argument, NULL, ACTION_SAVE},
    {"force-save", no_argument, NULL, ACTION_FORCE_SAVE},
    {"list", no_argument, NULL, ACTION_LIST},
    {"check", no_argument, NULL, ACTION_CHECK},
    {"clear", no_argument, NULL, ACTION_CLEAR},
    {"prepare", no_argument, NULL, ACTION_PREPARE},
    {"help", no_argument, NULL, ACTION_HELP},
    {"version", no_argument, NULL, ACTION_VERSION},
    {"json", no_argument, NULL, OPTION_JSON},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"keep", no_argument, NULL, OPTION_KEEP},
    {"directory", required_argument, NULL, OPTION_DIRECTORY},
    {"partition", required_argument, NULL, OPTION_PARTITION},
    {"extent", required_argument, NULL, OPTION_EXTENT},
    {"block-size", required_argument, NULL, OPTION_BLOCK_SIZE},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {NULL, 0, NULL, 0},
};

/* What the command line has that is no member of struct options. */
struct given {
    struct place place;
    const char *config;
    bool has_action;
};

static bool take_option(struct options *options, struct given *given, int option)
{
    options->json |= option == OPTION_JSON;
    options->force |= option == OPTION_FORCE;
    options->keep |= option == OPTION_KEEP;
    if (option == OPTION_DIRECTORY)
        options->directory = optarg;
    if (option == OPTION_PARTITION)
        given->place.partition = optarg;
    if (option == OPTION_CONFIG)
        given->config = optarg;
    if (option == OPTION_EXTENT)
        return parse_extent(optarg, &given->place);

    if (option == OPTION_BLOCK_SIZE) {
        uint64_t number;
        bool is_good = take_number(optarg, '\0', &number) && number >= DISK_BLOCK_LEAST && number <= DISK_BLOCK_MOST;
        if (!is_good)
            complain("--block-size is '%s': it takes a power of two from %u to %u", optarg, DISK_BLOCK_LEAST, DISK_BLOCK_MOST);
        options->image_block_size = is_good ? (uint32_t)number : 0;
        return is_good;
    }

    if (option < OPTION_JSON) {
        if (given->has_action && options->action != (enum action)option) {
            complain("it does one thing at a time: two were asked for");
            return false;
        }
        options->action = (enum action)option;
        given->has_action = true;
    }
    return true;
}

/* That what was named goes together. */
static bool judge(const struct options *options, const struct given *given)
{
    const struct place *place = &given->place;
    bool has_place = place->is_extent || place->partition;

    if (place->is_extent && place->partition)
        complain("--extent and --partition: it takes one place at a time");
    else if (place->is_extent && !place->device)
        complain("--extent goes with a disk: name it behind the options");
    else if (place->partition && strchr(place->partition, '/') && place->device)
        complain("--partition=%s is on a disk of its own: '%s' is one too many", place->partition, place->device);
    else if (options->action == ACTION_PREPARE && !has_place)
        complain("--prepare takes --partition=PARTITION, or --extent=FIRST_LBA:BLOCKS and a disk");
    else if (options->action == ACTION_CLEAR && !has_place && !place->device)
        complain("--clear takes the one area that it frees: --partition, --extent, or a disk");
    else if (options->force && options->action != ACTION_PREPARE)
        complain("--force goes with --prepare; a dump that is incomplete is copied by --force-save");
    else
        return true;
    return false;
}

bool options_read(struct options *options, int count, char **arguments)
{
    struct given given = {.config = NULL};
    *options = (struct options){.action = ACTION_SAVE, .image_block_size = DISK_BLOCK_LEAST};
    for (int option; (option = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        if (option == '?') {
            fputs(options_usage, stderr);
            return false;
        }
        if (!take_option(options, &given, option))
            return false;
    }

    if (options->action == ACTION_HELP || options->action == ACTION_VERSION)
        return true;
    if (optind < count)
        given.place.device = arguments[optind++];
    if (optind < count) {
        complain("there is '%s' after '%s': it takes one disk at a time", arguments[optind], given.place.device);
        return false;
    }
    if (!judge(options, &given))
        return false;

    if (given.place.device || given.place.partition)
        add_place(options, given.place);
    bool good = read_file(options, given.config ? given.config : OPTIONS_FILE, given.config);
    if (good && !options->directory)
        options->directory = OPTIONS_DIRECTORY;
    return good;
}

void options_free(struct options *options)
{
    free(options->places);
    free(options->file);
}
