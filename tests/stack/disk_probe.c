/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs in to a real target and works with its disk; the Python files beside it run it.
 *   disk_probe key=value …    host port target initiator lun chap=name/secret mutual=name/secret isid=hex
 *                             digests=N (enum iscsi_digests)
 *                             image=file (what the LUN holds) reads=N writes=N depth=N until_told=1 log=N
 *                             cache=N (bytes of one over the disk) walk=N (operations: disk_walk.h)
 *                             recovery_ms=N backoff_ms=N command_ms=N stall_ms=N login_ms=N
 *                             tap=device address=dhcp|slaac|literal loss=N (one frame in N) small=1 (a crash dump's memory)
 * With a tap device the connection is net/'s, over a card of its own; without, it is the kernel's, over a socket.
 * With until_told it reads until its standard input ends, and prints progress=N with every 100 operations.
 * Prints key=value lines; exits 0 on success, 1 with "error=S…" else.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/cache.h"
#include "iscsi/iscsi.h"
#include "tests/host/host.h"
#include "tests/host/posix_stream.h"
#include "tests/stack/disk_walk.h"
#include "tests/stack/tap_network.h"

#define SPAN_BLOCKS 128
#define DEPTH_MAX   32
#define PATIENCE_MS 60000
#define PROGRESS    100
#define AHEAD_BYTES (256 * 1024)

struct options {
    struct iscsi_settings settings;
    struct tap_network_settings network;
    const char *image;
    unsigned reads, writes, depth, until_told, cache, walk;
};

struct work {
    struct disk *disk;
    FILE *image;
    unsigned random;
    unsigned long long done;
    double worst_ms;
};

struct operation {
    struct disk_request request;
    uint8_t *buffer;
    uint64_t started;
    bool busy;
};

static int report(enum status status)
{
    printf("error=S%d\nwhat=%s\ndetail=%s\n", status, status_what(status), failure_detail(status));
    return 1;
}

static void set_chap(struct iscsi_chap *chap, const char *value)
{
    sscanf(value, "%255[^/]/%255s", chap->name, chap->secret);
}

struct number_option {
    const char *name;
    unsigned *to;
};

struct text_option {
    const char *name;
    const char **to;
};

static void set_option(struct options *options, const char *key, const char *value)
{
    struct iscsi_settings *settings = &options->settings;
    unsigned port = settings->port, lun = settings->lun[1], log = host_log_level, digests = settings->digests;
    const struct number_option numbers[] = {
        {"reads", &options->reads},
        {"writes", &options->writes},
        {"depth", &options->depth},
        {"until_told", &options->until_told},
        {"cache", &options->cache},
        {"walk", &options->walk},
        {"loss", &options->network.loss},
        {"small", &options->network.small},
        {"recovery_ms", &settings->recovery_timeout_ms},
        {"backoff_ms", &settings->recovery_backoff_ms},
        {"command_ms", &settings->command_timeout_ms},
        {"stall_ms", &settings->stall_ms},
        {"login_ms", &settings->login_timeout_ms},
        {"port", &port},
        {"lun", &lun},
        {"log", &log},
        {"digests", &digests},
    };
    const struct text_option texts[] = {
        {"image", &options->image},
        {"tap", &options->network.interface},
        {"address", &options->network.address},
    };

    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].name) == 0)
            *numbers[i].to = (unsigned)strtoul(value, NULL, 0);
    }
    settings->port = (uint16_t)port;
    settings->digests = (enum iscsi_digests)digests;
    settings->lun[1] = (uint8_t)lun;
    host_log_level = log;

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].name) == 0)
            *texts[i].to = value;
    }
    if (strcmp(key, "host") == 0)
        snprintf(settings->host, sizeof settings->host, "%s", value);
    if (strcmp(key, "target") == 0)
        snprintf(settings->target_name, sizeof settings->target_name, "%s", value);
    if (strcmp(key, "initiator") == 0)
        snprintf(settings->initiator_name, sizeof settings->initiator_name, "%s", value);
    if (strcmp(key, "chap") == 0)
        set_chap(&settings->chap, value);
    if (strcmp(key, "mutual") == 0)
        set_chap(&settings->mutual_chap, value);
    for (unsigned i = 0; i < sizeof settings->isid && strcmp(key, "isid") == 0; i++)
        sscanf(value + 2 * (size_t)i, "%2hhx", &settings->isid[i]);
}

static unsigned next_random(struct work *work)
{
    return work->random = work->random * 1664525u + 1013904223u;
}

static bool same_as_image(struct work *work, const struct disk_request *request)
{
    static uint8_t expected[SPAN_BLOCKS * 4096];
    size_t length = (size_t)request->blocks * work->disk->block_size;

    fseeko(work->image, (off_t)(request->lba * work->disk->block_size), SEEK_SET);
    return fread(expected, 1, length, work->image) == length && memcmp(expected, request->buffer, length) == 0;
}

static void submit_random(struct work *work, struct operation *operation, bool write)
{
    struct disk_request *request = &operation->request;

    request->operation = write ? DISK_WRITE : DISK_READ;
    request->blocks = 1 + (next_random(work) >> 8) % SPAN_BLOCKS;
    request->lba = (((uint64_t)next_random(work) << 16) ^ next_random(work)) % (work->disk->block_count - request->blocks);
    request->buffer = operation->buffer;

    if (write) {
        for (size_t i = 0; i < (size_t)request->blocks * work->disk->block_size; i++)
            operation->buffer[i] = (uint8_t)(next_random(work) >> 16);
    }

    operation->busy = true;
    operation->started = platform_ticks();
    disk_submit(work->disk, request);
}

/* A finished operation against the file behind the LUN. Writes are flushed by their reader, the target's page cache. */
static int finish_operation(struct work *work, struct operation *operation)
{
    struct disk_request *request = &operation->request;
    double ms = (double)(platform_ticks() - operation->started) / (double)platform_ticks_per_ms();

    operation->busy = false;
    if (ms > work->worst_ms)
        work->worst_ms = ms;
    if (request->status != OK)
        return report(request->status);
    work->done++;
    if (work->image && !same_as_image(work, request)) {
        printf("error=mismatch\nlba=%llu\nblocks=%u\n", (unsigned long long)request->lba, request->blocks);
        return 1;
    }
    return 0;
}

static bool told_to_end(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;

    return poll(&input, 1, 0) == 1 && read(STDIN_FILENO, &byte, 1) == 0;
}

static void print_progress(const struct work *work)
{
    if (work->done % PROGRESS == 0) {
        printf("progress=%llu\n", work->done);
        fflush(stdout);
    }
}

/* Writes go one at a time, so that none overlaps another in flight; reads go `depth` at a time. Count 0: until told to end. */
static int run_operations(struct work *work, unsigned count, unsigned depth, bool write)
{
    struct operation operations[DEPTH_MAX] = {0};
    unsigned started = 0, busy = 0;
    int failed = 0;
    bool more = true;

    for (unsigned i = 0; i < depth; i++)
        operations[i].buffer = malloc((size_t)SPAN_BLOCKS * work->disk->block_size);

    while (busy || (!failed && more)) {
        bool moved = false;

        for (unsigned i = 0; i < depth; i++) {
            struct operation *operation = &operations[i];

            if (operation->busy && operation->request.done) {
                failed |= finish_operation(work, operation);
                busy--;
                if (!count && !failed)
                    print_progress(work);
            }

            more = more && (count ? started < count : !told_to_end());
            if (!operation->busy && !failed && more) {
                submit_random(work, operation, write);
                started++;
                busy++;
                moved = true;
            }
        }
        if (!moved)
            platform_idle();
        work->disk->ops->pump(work->disk);
    }

    for (unsigned i = 0; i < depth; i++)
        free(operations[i].buffer);
    return failed;
}

static void describe(const struct disk *disk, const struct iscsi_session *session)
{
    struct iscsi_session_info info;

    iscsi_session_info(session, &info);
    printf("portal=%s\ntsih=%u\nimmediate=%d\ninitial_r2t=%d\nfirst_burst=%u\nmax_burst=%u\nmax_send=%u\n", info.portal,
           info.tsih, info.immediate_data, info.initial_r2t, info.first_burst, info.max_burst, info.max_send_segment);
    printf("header_digest=%d\ndata_digest=%d\n", info.header_digest, info.data_digest);
    printf("block_size=%u\nblock_count=%llu\nmax_blocks=%u\nread_only=%d\nvendor=%s\nproduct=%s\nrevision=%s\nserial=%s\nwwid=",
           disk->block_size, (unsigned long long)disk->block_count, disk->max_blocks, disk->read_only, disk->vendor,
           disk->product, disk->revision, disk->serial);
    for (unsigned i = 0; i < disk->wwid_length; i++)
        printf("%02x", disk->wwid[i]);
    printf("\nready=1\n");
    fflush(stdout);
}

static int work_through(struct options *options, struct disk *disk)
{
    struct work work = {.disk = disk, .random = 4711};
    uint64_t began = platform_ticks();

    if (options->image) {
        work.image = fopen(options->image, "rb");
        if (!work.image) {
            perror(options->image);
            return 1;
        }
    }

    int failed = 0;
    if (options->writes)
        failed = run_operations(&work, options->writes, 1, true);
    if (!failed && options->reads)
        failed = run_operations(&work, options->reads, options->depth, false);
    if (!failed && options->walk) {
        enum status status = disk_walk(disk, work.image, options->walk);

        failed = status == OK ? 0 : status == E_INTERNAL ? 1 : report(status);
    }
    if (!failed && options->until_told)
        failed = run_operations(&work, 0, options->depth, false);
    if (!failed && !disk->read_only) {
        enum status status = disk_flush(disk, deadline_after_ms(PATIENCE_MS));

        failed = status == OK ? 0 : report(status);
    }

    if (work.image)
        fclose(work.image);
    printf("operations=%llu\nworst_ms=%.1f\nms=%.1f\n", work.done, work.worst_ms,
           (double)(platform_ticks() - began) / (double)platform_ticks_per_ms());
    return failed;
}

/* Over a cache, when there is to be one. */
static int work_over(struct options *options, struct disk *disk)
{
    void *memory = options->cache ? malloc(options->cache) : NULL;
    struct disk *cache = memory ? cache_new(memory, options->cache, disk, AHEAD_BYTES) : disk;
    int failed = cache ? work_through(options, cache) : report(E_INVALID_ARGUMENT);

    if (cache && memory) {
        struct cache_figures figures = cache_figures(cache);

        cache_settle(cache, deadline_after_ms(PATIENCE_MS));
        printf("demanded=%llu\nahead=%llu\nused=%llu\n", (unsigned long long)figures.demanded, (unsigned long long)figures.ahead,
               (unsigned long long)figures.used);
        if (figures.ahead - figures.used > CACHE_LOAN + figures.demanded / 25) {
            printf("error=waste\n");
            failed = 1;
        }
    }
    free(memory);
    return failed;
}

/* Logs in, works, logs out. */
static int run_session(struct options *options, struct arena *arena, struct stream *stream)
{
    const struct iscsi_profile *profile = options->network.small ? &iscsi_profile_small : &iscsi_profile_large;
    struct iscsi_session *session = iscsi_session_new(arena, stream, profile);
    struct scsi_disk *disk = calloc(1, scsi_disk_size(profile));

    enum status status = iscsi_session_open(session, &options->settings, deadline_after_ms(PATIENCE_MS));
    if (status == OK)
        status = scsi_disk_open(disk, session, options->settings.lun, deadline_after_ms(PATIENCE_MS));
    int failed;
    if (status == OK) {
        describe(scsi_disk_contract(disk), session);
        failed = work_over(options, scsi_disk_contract(disk));
    } else {
        failed = report(status);
    }

    struct iscsi_session_info info;
    iscsi_session_info(session, &info);
    printf("reconnects=%u\n", info.reconnects);
    iscsi_session_close(session, deadline_after_ms(PATIENCE_MS));
    free(disk);
    return failed;
}

int main(int count, char **arguments)
{
    static struct options options = {.depth = 8, .network = {.address = "dhcp"}};

    snprintf(options.settings.initiator_name, sizeof options.settings.initiator_name, "iqn.2024-01.test:probe");
    snprintf(options.settings.host, sizeof options.settings.host, "127.0.0.1");
    options.settings.portal_group = ISCSI_PORTAL_GROUP_UNKNOWN;
    options.settings.login_timeout_ms = PATIENCE_MS;
    for (int i = 1; i < count; i++) {
        char *equals = strchr(arguments[i], '=');

        if (!equals)
            return 2;
        *equals = 0;
        set_option(&options, arguments[i], equals + 1);
    }
    if (options.depth == 0 || options.depth > DEPTH_MAX)
        return 2;

    struct arena arena = host_arena_new(16 << 20);
    struct stream *stream;
    enum status status = OK;
    if (options.network.interface)
        status = tap_network_open(&arena, &options.network, &stream);
    else
        stream = posix_stream_new();
    if (status != OK)
        return report(status);

    int failed = run_session(&options, &arena, stream);
    if (options.network.interface)
        tap_network_close(stream);
    else
        posix_stream_free(stream);
    host_arena_free(&arena);
    return failed;
}
