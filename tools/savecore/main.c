/* SPDX-License-Identifier: BSD-2-Clause */
/* sanstrap-savecore(8): fetches crash dumps from their areas, and makes areas. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/common/complain.h"
#include "tools/common/print.h"
#include "tools/savecore/copy.h"
#include "tools/savecore/options.h"
#include "tools/savecore/prepare.h"
#include "tools/savecore/report.h"
#include "tools/savecore/save.h"

static enum exit_status end_output(enum exit_status status)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    complain("cannot write what was found: %s", strerror(errno));
    return EXIT_TROUBLE;
}

/* ---- what is done with each area ---- */

static enum exit_status check_area(struct area *area)
{
    if (area->condition == AREA_FREE || area->condition == AREA_UNMARKED)
        return EXIT_NOTHING;
    if (area->condition == AREA_COMPLETE && !copy_verify(area))
        return EXIT_TROUBLE;
    return area->condition == AREA_COMPLETE ? EXIT_DONE : EXIT_TROUBLE;
}

static enum exit_status clear_area(struct area *area)
{
    if (area->condition == AREA_FREE)
        return EXIT_NOTHING;
    if (area->condition >= AREA_INCOMPLETE)
        return area_free(area) ? EXIT_DONE : EXIT_TROUBLE;
    complain("%s is %s: %s", area->name, area_condition_word(area->condition), area->problem);
    return EXIT_TROUBLE;
}

static enum exit_status save_area(struct area *area, const struct options *options, char **saved_to)
{
    bool partial = options->action == ACTION_FORCE_SAVE;
    enum exit_status status = save(area, &(struct save_options){options->directory, options->keep, partial}, saved_to);
    if (*saved_to && !options->json)
        printf("%s: saved to %s\n", area->name, *saved_to);
    return status;
}

static enum exit_status visit(struct area *area, const struct options *options, char **saved_to)
{
    if (area->condition == AREA_UNREADABLE)
        return EXIT_TROUBLE;
    if (options->action == ACTION_LIST)
        return EXIT_DONE;
    if (options->action == ACTION_CHECK)
        return check_area(area);
    return options->action == ACTION_CLEAR ? clear_area(area) : save_area(area, options, saved_to);
}

/* ---- all of them ---- */

/* Trouble wins; nothing is what none of them was more than. */
static enum exit_status worse_of(enum exit_status a, enum exit_status b)
{
    if (a == EXIT_TROUBLE || b == EXIT_TROUBLE)
        return EXIT_TROUBLE;
    return a == EXIT_DONE || b == EXIT_DONE ? EXIT_DONE : EXIT_NOTHING;
}

/* Of two that hold the same, one may be the copy that is to be kept. */
static bool is_one(const struct areas *areas)
{
    if (areas->count == 1)
        return true;
    if (areas->count == 0)
        complain("--clear frees one area, and there is none");
    else
        complain("--clear frees one area, and there are %zu: %s, %s%s", areas->count, areas->list[0].name, areas->list[1].name,
                 areas->count > 2 ? ", and others" : "");
    return false;
}

static bool find(struct areas *areas, const struct options *options)
{
    bool good = true;
    for (size_t i = 0; i < options->count; i++)
        good = find_in_place(areas, &options->places[i], options->image_block_size) && good;
    if (options->count == 0 || options->are_of_the_file)
        find_everywhere(areas);
    if (options->action == ACTION_CLEAR)
        return good && is_one(areas);
    areas_drop_twins(areas);
    return good;
}

static enum exit_status visit_all(struct areas *areas, const struct options *options)
{
    struct node *root = tree_new(), *list = tree_add_list(root, "areas", NULL);
    enum exit_status status = EXIT_NOTHING;
    for (size_t i = 0; i < areas->count; i++) {
        char *saved_to = NULL;
        status = worse_of(status, visit(&areas->list[i], options, &saved_to));
        report_area(list, &areas->list[i], saved_to);
        free(saved_to);
    }

    bool is_shown = options->action == ACTION_LIST || options->action == ACTION_CHECK;
    if (options->json)
        print_json(root, stdout);
    else if (is_shown)
        print_text(root, stdout);
    tree_free(root);
    return status;
}

static enum exit_status find_and_visit(const struct options *options)
{
    struct areas areas = {.count = 0};
    enum exit_status status = find(&areas, options) ? EXIT_NOTHING : EXIT_TROUBLE;
    if (status != EXIT_TROUBLE || options->action != ACTION_CLEAR)
        status = worse_of(status, visit_all(&areas, options));
    areas_free(&areas);
    return status;
}

static enum exit_status run(const struct options *options)
{
    if (options->action == ACTION_PREPARE)
        return prepare(&options->places[0], options->image_block_size, options->force, options->json);
    if (options->action != ACTION_HELP && options->action != ACTION_VERSION)
        return find_and_visit(options);

    if (options->action == ACTION_HELP)
        printf("%s%s", options_usage, options_help);
    else
        puts("sanstrap-savecore " SANSTRAP_VERSION);
    return EXIT_DONE;
}

int main(int count, char **arguments)
{
    struct options options;
    umask(022); /* what a dump is copied to is made for root alone */
    enum exit_status status = options_read(&options, count, arguments) ? run(&options) : EXIT_TROUBLE;
    options_free(&options);
    return end_output(status);
}
