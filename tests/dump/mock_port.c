/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dump port that drives build/dump/core.o as an operating system's would that writes its dump itself: armed while all is well;
 * then, on a small stack of its own, one request after the other of at most `request` bytes, from scattered pieces of memory that
 * are overwritten as soon as the request is done, with nothing known but the port's own structure.
 *   mock_port key=value …   table=file (ISDH or iBFT) tap=device source=file (what is written, whole blocks)
 *                           extent=LBA:blocks chap=name/secret mutual=name/secret isid=hex profile=small|large
 *                           request=bytes timeout_ms=N lose=N (one frame in N) pull_after=N (requests until the cable is out)
 *                           return_after_ms=N (until it is in again) wreck=N (a bit of what was armed is flipped) rewrite=1
 *                           stop_after=N (requests until the process stops itself by SIGSTOP, to be told to go on)
 *                           file=1 (in an area, by dump/file.h) rounds=N (armed and opened so often)
 * Prints key=value lines; exits 0 when all went well, 1 with "error=S…" else.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "dump/area.h"
#include "dump/dump.h"
#include "dump/file.h"
#include "handoff/handoff.h"
#include "platform/bytes.h"
#include "tests/dump/machine.h"

#define CARD_ADDRESS 0x30000000u /* where the card sees its memory: not where the CPU does */
#define STACK_SIZE   (256 * KIB)
#define PAINT        0xC5
#define PIECES_MAX   64
#define TABLE_MOST   65536

/* What Windows calls a device extension: all that a port has when it is called. */
static struct port {
    struct dump *dump;
    const uint8_t *source;
    uint64_t length; /* bytes of it */
    uint32_t request, block_size;
    uint64_t first, done; /* LBA; bytes that were written */
    unsigned requests, pull_after, return_after_ms, stop_after, entries_refused;
    deadline_t return_at;
    bool rewrite, as_file;
    enum status status;
    char detail[192];
    uintptr_t deepest_call; /* the stack pointer where the core was entered, at its lowest */
} port;

static uint8_t *buffer; /* of a request; its pieces lie at odd places of it */
static ucontext_t home, below;

/* ---- the requests ---- */

/* On another CPU somebody dies, too, and comes here. */
static void second_entry(void)
{
    if (dump_flush(port.dump) == E_DUMP_BUSY)
        port.entries_refused++;
    if (machine.unplugged && port.return_at && deadline_passed(port.return_at))
        machine.unplugged = false;
}

static void note_depth(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!port.deepest_call || here < port.deepest_call)
        port.deepest_call = here;
}

/* The request's bytes in pieces as pages give them: an odd beginning, then 4096 each. */
static unsigned scatter(const uint8_t *from, uint32_t length, struct dump_span pieces[PIECES_MAX])
{
    unsigned count = 0;
    uint8_t *to = buffer + 1 + port.requests % 511;
    memcpy(to, from, length);
    for (uint32_t part = 1 + port.requests % 4095; length; part = 4096) {
        part = smaller_of(part, length);
        pieces[count++] = (struct dump_span){to, part};
        to += part;
        length -= part;
    }
    return count;
}

static enum status write_request(uint64_t at, uint32_t length)
{
    static struct dump_span pieces[PIECES_MAX];
    unsigned count = scatter(port.source + at, length, pieces);

    if (port.pull_after && port.requests == port.pull_after) {
        machine.unplugged = true;
        if (port.return_after_ms)
            port.return_at = deadline_after_ms(port.return_after_ms);
    }
    if (port.stop_after && port.requests == port.stop_after)
        raise(SIGSTOP);
    port.requests++;

    note_depth();
    enum status status = dump_write(port.dump, port.first + at / port.block_size, length / port.block_size, pieces, count);
    memset(buffer, 0xA5, length + 1024);
    return status;
}

static enum status write_all(void)
{
    enum status status = OK;
    for (port.done = 0; port.done < port.length && status == OK;) {
        uint64_t left = port.length - port.done;
        uint32_t part = left < port.request ? (uint32_t)left : port.request;
        status = write_request(port.done, part);
        port.done += part;
    }

    /* The header comes last, as it says how it went. */
    if (status == OK && port.rewrite)
        status = write_request(0, port.block_size);
    return status;
}

static enum status read_back(void)
{
    uint32_t length = port.length < port.request ? (uint32_t)port.length : port.request;
    note_depth();
    enum status status = dump_read(port.dump, port.first, length / port.block_size, buffer);
    if (status == OK && memcmp(buffer, port.source, length) != 0)
        return fail(E_INTERNAL, "what was read back is not what was written");
    return status;
}

static void keep_failure(enum status status)
{
    if (port.status != OK || status == OK)
        return;
    port.status = status;
    snprintf(port.detail, sizeof port.detail, "%s", failure_detail(status));
}

static enum status write_requests(void)
{
    enum status status = write_all();
    if (status == OK)
        status = dump_flush(port.dump);
    return status == OK ? read_back() : status;
}

/* As a home does whose system does not write the blocks itself; the mark is made first, which is another program's part. */
static enum status write_file(void)
{
    static struct dump_file file;
    static struct dump_area_head mark, head;
    struct dump_span span = {buffer, port.block_size};
    mark = (struct dump_area_head){
        .first_lba = port.first, .blocks = dump_target(port.dump)->extents[0].blocks, .block_size = port.block_size};
    dump_area_seal_head(&mark, DUMP_AREA_IS_FREE);
    memset(buffer, 0, port.block_size);
    memcpy(buffer, &mark, sizeof mark);
    enum status status = dump_write(port.dump, port.first, 1, &span, 1);

    head = (struct dump_area_head){.format = DUMP_AREA_ELF, .producer = "mock-port", .reason = "it was told to"};
    platform_random(head.dump_id, sizeof head.dump_id);
    if (status == OK)
        status = dump_file_begin(&file, port.dump, &head);
    for (uint64_t at = 0; at < port.length && status == OK;) {
        uint64_t left = port.length - at, part = 1 + port.requests++ % 9973;
        part = part < left ? part : left;
        status = dump_file_append(&file, port.source + at, part);
        at += part;
    }
    enum status ended = dump_file_end(&file, status);
    return status == OK ? ended : status;
}

static void crash(void)
{
    note_depth();
    enum status status = dump_open(port.dump);
    keep_failure(status);
    if (status == OK) {
        machine_interferes = second_entry;
        status = port.as_file ? write_file() : write_requests();
        machine_interferes = NULL;
        keep_failure(status);
        keep_failure(dump_close(port.dump));
    }

    keep_failure(dump_open(port.dump) == E_DUMP_BUSY ? OK : fail(E_INTERNAL, "it can be opened a second time"));
}

/* ---- the stack ---- */

static uint8_t *paint_stack(void)
{
    uint8_t *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return stack == MAP_FAILED ? NULL : memset(stack, PAINT, STACK_SIZE);
}

static void die_on(uint8_t *stack)
{
    getcontext(&below);
    below.uc_stack = (stack_t){.ss_sp = stack, .ss_size = STACK_SIZE};
    below.uc_link = &home;
    makecontext(&below, crash, 0);
    swapcontext(&home, &below);
}

/* Bytes below the highest... the lowest frame that the core was entered from. */
static size_t depth_of(const uint8_t *stack)
{
    size_t untouched = 0;
    while (untouched < STACK_SIZE && stack[untouched] == PAINT)
        untouched++;
    return port.deepest_call - (uintptr_t)(stack + untouched);
}

/* ---- while all is well ---- */

static struct {
    const char *table, *tap, *source, *profile;
    struct iscsi_chap chap, mutual;
    uint8_t isid[6];
    bool has_isid;
    unsigned wreck, timeout_ms, rounds;
    struct dump_extent extent;
} options = {.profile = "small"};

static void set_chap(struct iscsi_chap *chap, const char *value)
{
    sscanf(value, "%255[^/]/%255s", chap->name, chap->secret);
}

static void set_option(const char *key, const char *value)
{
    const struct {
        const char *name;
        unsigned *to;
    } numbers[] = {{"request", &port.request},
                   {"timeout_ms", &options.timeout_ms},
                   {"lose", &machine.lose},
                   {"pull_after", &port.pull_after},
                   {"return_after_ms", &port.return_after_ms},
                   {"wreck", &options.wreck},
                   {"rounds", &options.rounds},
                   {"stop_after", &port.stop_after}};
    const struct {
        const char *name, **to;
    } texts[] = {{"table", &options.table}, {"tap", &options.tap}, {"source", &options.source}, {"profile", &options.profile}};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].name) == 0)
            *numbers[i].to = (unsigned)strtoul(value, NULL, 0);
    }
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(key, texts[i].name) == 0)
            *texts[i].to = value;
    }

    unsigned long long lba, blocks;
    if (strcmp(key, "extent") == 0 && sscanf(value, "%llu:%llu", &lba, &blocks) == 2)
        options.extent = (struct dump_extent){lba, blocks};
    if (strcmp(key, "chap") == 0)
        set_chap(&options.chap, value);
    if (strcmp(key, "mutual") == 0)
        set_chap(&options.mutual, value);
    if (strcmp(key, "isid") == 0) {
        options.has_isid = true;
        for (unsigned i = 0; i < 6; i++)
            sscanf(value + 2 * (size_t)i, "%2hhx", &options.isid[i]);
    }
    port.rewrite |= strcmp(key, "rewrite") == 0;
    port.as_file |= strcmp(key, "file") == 0;
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    if (fread(bytes, 1, *size, file) != *size)
        *size = 0;
    fclose(file);
    return bytes;
}

static struct arena new_piece(size_t size, uint64_t bus)
{
    uint8_t *base = aligned_alloc(PAGE_SIZE, (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
    return (struct arena){.base = base, .bus = bus ? bus : (uint64_t)(uintptr_t)base, .size = size};
}

static int report(enum status status, const char *detail)
{
    printf("error=S%d\nwhat=%s\ndetail=%s\n", (int)status, status_what(status), detail);
    return 1;
}

static enum status arm(struct arena *dma, struct arena *plain, const struct dump_profile *profile)
{
    size_t size = 0;
    uint8_t *table = read_file(options.table, &size);
    struct dump_config config = {
        .profile = profile,
        .dma = dma,
        .plain = plain,
        .table = table,
        .table_size = size,
        .table_self = ISDH_ANYWHERE,
        .parameters = {.chap = options.chap.name[0] ? &options.chap : NULL,
                       .mutual_chap = options.mutual.name[0] ? &options.mutual : NULL,
                       .isid = options.has_isid ? options.isid : NULL},
        .extent_count = options.extent.blocks ? 1 : 0,
        .extents = {options.extent},
        .timeout_ms = options.timeout_ms,
    };
    enum status status = dump_arm(&port.dump, &config);

    /* Nothing of it is referred to afterwards. */
    if (table)
        memset(table, 0xEE, size);
    free(table);
    memset(&config, 0xEE, sizeof config);
    return status;
}

static void print_progress(size_t depth)
{
    struct dump_progress progress;
    dump_progress(port.dump, &progress);
    printf("bytes=%llu\nms=%u\nreconnects=%u\nrequests=%u\nstack=%zu\nsent=%u\nreceived=%u\n", (unsigned long long)progress.bytes,
           progress.milliseconds, progress.reconnects, port.requests, depth, machine.sent, machine.received);
    printf("lost=%u\nstrayed=%d\nmasked=%d\nstopped=%d\nentries_refused=%u\n", machine.lost, machine.strayed, machine.masked,
           machine.stopped, port.entries_refused);
}

int main(int count, char **arguments)
{
    port.request = 32 * KIB;
    for (int i = 1; i < count; i++) {
        char *equals = strchr(arguments[i], '=');
        if (!equals)
            return 2;
        *equals = 0;
        set_option(arguments[i], equals + 1);
    }

    bool small = strcmp(options.profile, "small") == 0;
    const struct dump_profile *profile = small ? &dump_profile_small : &dump_profile_large;
    struct arena dma = new_piece(small ? 28 * KIB : 512 * KIB, CARD_ADDRESS);
    struct arena plain = new_piece(small ? 32 * KIB : MIB, 0);
    size_t length = 0;
    port.source = read_file(options.source, &length);
    port.length = length;
    buffer = malloc(port.request + 2048);
    uint8_t *stack = paint_stack();
    if (!stack || !port.source || !options.tap || !machine_open(options.tap, &dma))
        return 2;

    enum status status = arm(&dma, &plain, profile);
    if (status != OK)
        return report(status, failure_detail(status));
    const struct dump_target *target = dump_target(port.dump);
    port.first = target->extents[0].lba;
    port.block_size = target->block_size;
    printf("armed=1\naddress=%s\nportal=%s\ntarget=%s\n", target->address, target->portal, target->target_name);
    if (options.wreck)
        plain.base[options.wreck / 8] ^= (uint8_t)(1u << options.wreck % 8);

    die_on(stack);
    for (unsigned round = 1; round < options.rounds && port.status == OK; round++) {
        keep_failure(arm(&dma, &plain, profile));
        if (port.status == OK)
            die_on(stack);
    }
    print_progress(depth_of(stack));
    return port.status == OK ? 0 : report(port.status, port.detail);
}
