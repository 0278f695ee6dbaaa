/* SPDX-License-Identifier: BSD-2-Clause */
/* Carries the plan out. Also compiled for real mode (gcc -m16), without a 64-bit division. */
#include "tests/bench/works.h"

#include "platform/tsc.h"

#define SECTOR_WORDS 128u
#define OP_WORDS     (sizeof(struct work_op) / 4)
#define SECONDS_MAX  8 /* measured */

static union {
    struct plan plan;
    uint32_t words[2 * SECTOR_WORDS];
} at;

static uint8_t written[WORKS_SPAN_MAX / 8]; /* a bit a sector of the data */
static uint32_t units_per_second, random_state, wrong;

static uint32_t now(void)
{
    return (uint32_t)(tsc_read() >> 10);
}

static uint32_t next_place(uint32_t places)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % places;
}

static bool is_written(uint32_t place)
{
    return written[place / 8] >> place % 8 & 1;
}

static uint32_t word_of(uint32_t place, uint32_t index)
{
    bool mine = is_written(place), edge = index % (SECTOR_WORDS - 1) == 0;
    return (at.plan.data_lba + (mine && !edge ? 0 : place)) ^ at.plan.seed ^ (mine ? WORKS_WRITTEN : 0) ^ index * WORKS_STEP;
}

/* Whether the buffer has what belongs to these sectors, looking at every `step`th word of each. */
static bool is_right(uint32_t place, uint32_t sectors, uint32_t step)
{
    for (uint32_t sector = 0; sector < sectors; sector++)
        for (uint32_t index = 0; index < SECTOR_WORDS; index += step)
            if (home_word(sector * SECTOR_WORDS + index) != word_of(place + sector, index))
                return false;
    return true;
}

static void read(uint32_t place, uint32_t sectors, uint32_t step)
{
    if (!home_transfer(false, at.plan.data_lba + place, sectors) || !is_right(place, sectors, step))
        wrong++;
}

/* What is written but for the words that depend on the place. */
static void fill(uint32_t sectors)
{
    for (uint32_t i = 0; i < sectors * SECTOR_WORDS; i++)
        home_put_word(i, at.plan.data_lba ^ at.plan.seed ^ WORKS_WRITTEN ^ i % SECTOR_WORDS * WORKS_STEP);
}

/* fill() has been called. */
static void write(uint32_t place, uint32_t sectors)
{
    for (uint32_t sector = 0; sector < sectors; sector++) {
        uint32_t number = place + sector;
        written[number / 8] |= (uint8_t)(1u << number % 8);
        home_put_word(sector * SECTOR_WORDS, word_of(number, 0));
        home_put_word(sector * SECTOR_WORDS + SECTOR_WORDS - 1, word_of(number, SECTOR_WORDS - 1));
    }
    if (!home_transfer(true, at.plan.data_lba + place, sectors))
        wrong++;
}

static uint32_t place_of_call(const struct work *work, uint32_t call)
{
    bool writes = work->kind == WORK_WRITE || work->kind == WORK_WRITE_RANDOM;
    uint32_t span = writes ? at.plan.data_sectors / 4 : at.plan.data_sectors;
    uint32_t places = span / work->call_sectors;
    bool random = work->kind == WORK_READ_RANDOM || work->kind == WORK_WRITE_RANDOM || work->kind == WORK_VERIFY;
    uint32_t number = random ? next_place(places) : (work->first / work->call_sectors + call) % places;
    return (writes ? work->writing : 0) + number * work->call_sectors;
}

static void tell(const struct work *work, uint32_t calls, uint32_t sectors, uint32_t units, uint32_t think)
{
    say("work %s %u %u %u %u %u\n", work->name, calls, sectors, units, think, wrong);
}

static void do_calls(const struct work *work)
{
    bool writes = work->kind == WORK_WRITE || work->kind == WORK_WRITE_RANDOM;
    uint32_t step = work->kind == WORK_VERIFY ? 1 : SECTOR_WORDS - 1;
    if (writes)
        fill(work->call_sectors);

    uint32_t limit = units_per_second / 1000 * work->ms, calls = 0, start = now();
    while (work->ms ? now() - start < limit || calls == 0 : calls < work->calls) {
        uint32_t place = place_of_call(work, calls++);
        if (writes)
            write(place, work->call_sectors);
        else
            read(place, work->call_sectors, step);
    }
    tell(work, calls, calls * work->call_sectors, now() - start, 0);
}

/* ---- traces ---- */

static bool load_trace(const struct work *work)
{
    uint32_t words = work->calls * OP_WORDS;
    for (uint32_t done = 0; done < words; done += SECTOR_WORDS) {
        if (!home_transfer(false, work->first + done / SECTOR_WORDS, 1))
            return false;
        for (uint32_t i = 0; i < SECTOR_WORDS; i++)
            home_put_trace_word(done + i, home_word(i));
    }
    return true;
}

static void replay(const struct work *work)
{
    if (work->calls > WORKS_OPS_MAX || !load_trace(work)) {
        wrong++;
        return;
    }

    uint32_t sectors = 0, think = 0, start = now();
    for (uint32_t i = 0; i < work->calls; i++) {
        uint32_t place = home_trace_word(i * OP_WORDS), count = home_trace_word(i * OP_WORDS + 1);
        uint32_t wait = units_per_second / 1000 * home_trace_word(i * OP_WORDS + 2) / 1000, from = now();
        while (now() - from < wait)
            ;
        think += wait;
        sectors += count;
        if (place & WORKS_OP_WRITES) {
            fill(count); /* what was read before is in the buffer */
            write(place & ~WORKS_OP_WRITES, count);
        } else {
            read(place, count, SECTOR_WORDS - 1);
        }
    }
    tell(work, work->calls, sectors, now() - start, think);
}

/* ---- the plan ---- */

static bool load_plan(void)
{
    if (!home_transfer(false, home_plan_lba, sizeof at / (4 * SECTOR_WORDS)))
        return false;
    for (uint32_t i = 0; i < sizeof at / 4; i++)
        at.words[i] = home_word(i);
    return at.plan.magic == WORKS_MAGIC && at.plan.data_sectors <= WORKS_SPAN_MAX && at.plan.count <= WORKS_MAX;
}

/* Ticks that a stalled machine has missed come all at once, and make seconds short: two in a row have to agree. */
static uint32_t measure_second(void)
{
    uint32_t second = home_measure_second(now);
    for (unsigned i = 0; i < SECONDS_MAX; i++) {
        uint32_t before = second, difference;
        second = home_measure_second(now);
        difference = second > before ? second - before : before - second;
        if (difference <= second / 64)
            break;
    }
    return second;
}

uint32_t works_run(void)
{
    if (!load_plan()) {
        say("no plan\n");
        return 1;
    }

    random_state = at.plan.seed | 1;
    units_per_second = measure_second();
    say("units per second %u\n", units_per_second);
    uint32_t all_wrong = 0;
    for (uint32_t i = 0; i < at.plan.count; i++) {
        const struct work *work = &at.plan.works[i];
        say("begins %s\n", work->name);
        wrong = 0;
        if (work->kind == WORK_TRACE)
            replay(work);
        else
            do_calls(work);
        all_wrong += wrong;
    }
    return all_wrong;
}
