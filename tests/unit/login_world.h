/* SPDX-License-Identifier: BSD-2-Clause */
/* A session on the fake stream and the virtual clock, anew for each case: for the programs that test logins. */
#ifndef SANSTRAP_TESTS_LOGIN_WORLD_H
#define SANSTRAP_TESTS_LOGIN_WORLD_H

#include "tests/unit/iscsi_fake.h"

static struct fake fake;
static struct arena arena;
static struct iscsi_session *session;

static int set_up(void **state)
{
    (void)state;
    fake_reset(&fake);
    host_log_level = LOG_ERROR;
    host_clock_use_virtual();
    arena = host_arena_new(1 << 20);
    session = iscsi_session_new(&arena, &fake.stream);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_arena_free(&arena);
    return 0;
}

static void tick(void)
{
    host_clock_advance_us(1000);
}

#endif
