/* SPDX-License-Identifier: BSD-2-Clause */
/* A session on the fake stream and the virtual clock, anew for each case: for the programs that test logins, tasks and the disk.
 */
#ifndef SANSTRAP_TESTS_SESSION_WORLD_H
#define SANSTRAP_TESTS_SESSION_WORLD_H

#include "tests/unit/iscsi_fake.h"

static struct fake fake;
static struct arena arena;
static struct iscsi_settings *sessions_own; /* in the arena, too */
static struct iscsi_session *session;

static inline void tick(void)
{
    host_clock_advance_us(1000);
}

static inline int set_up_session(void **state)
{
    (void)state;
    fake_reset(&fake);
    host_log_level = LOG_ERROR;
    host_clock_use_virtual();
    host_idle_hook = tick;
    arena = host_arena_new(1 << 20);
    sessions_own = arena_take(&arena, sizeof *sessions_own, 16);
    session = iscsi_session_new(&arena, &fake.stream, &iscsi_profile_large);
    return 0;
}

static inline int tear_down_session(void **state)
{
    (void)state;
    host_arena_free(&arena);
    return 0;
}

static inline enum status open_session(const struct iscsi_settings *settings)
{
    *sessions_own = *settings;
    return iscsi_session_open(session, sessions_own, deadline_after_ms(20000));
}

/* Into full feature phase; what was said on the way there is forgotten. */
static inline void open_whole_session(void)
{
    struct iscsi_settings settings = fake_settings();

    fake_login_whole(&fake);
    assert_int_equal(open_session(&settings), OK);
    fake.out_length = 0;
    fake.aborts = 0;
}

static inline enum status log_in_plainly(void)
{
    struct iscsi_settings settings = fake_settings();

    return open_session(&settings);
}

#endif
