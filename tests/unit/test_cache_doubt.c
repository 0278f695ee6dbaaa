/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes that fail, or are given up: they may still be carried out, until a later one is done. Nothing stale is kept meanwhile.
 */
#include "tests/unit/cache_disk.h"

static void a_write_that_fails(void **state)
{
    (void)state;
    remember_some();
    below.fails_percent = 100;
    assert_int_equal(write_some(68, 2), E_SCSI_MEDIUM);
    below.fails_percent = 0;
    read_some(64, 64);

    /* Once a later one is done, what lies around it is kept again, and read ahead. */
    assert_int_equal(write_some(5000, 1), OK);
    read_some(64, 8);
    assert_int_equal(read_some(64, 8), 0);
}

/* It comes when it was given up long ago, before a later one. */
static void a_write_that_comes_late(void **state)
{
    (void)state;
    remember_some();
    below.delay_us = 500000;
    for (unsigned i = 0; i < 8; i++)
        name_block(data + i * 512, 64 + i, 77);
    assert_int_equal(disk_write(cache, 64, 8, data, deadline_after_ms(1)), E_DISK_TIMEOUT);
    assert_int_equal(below.lost_count, 1);
    below.delay_us = 100;
    below.lost[0].at = below.now + 20000;
    for (unsigned i = 0; i < 50; i++) {
        read_some(64, 8);
        read_some(60, 30);
        pass_us(1000);
    }
    assert_int_equal(below.lost_count, 0);
    assert_int_equal(below.blocks[64].version, 77);

    /* From the next write on it can come no more, and what is read is kept again. */
    assert_int_equal(write_some(5000, 1), OK);
    read_some(64, 8);
    assert_int_equal(read_some(64, 8), 0);
}

/* Two of them, whichever is given up first. */
static void two_writes_that_come_late(void **state)
{
    static const uint64_t places[2][2] = {{64, 120}, {120, 64}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        remember_some();
        below.delay_us = 500000;
        for (unsigned j = 0; j < 2; j++) {
            for (unsigned k = 0; k < 8; k++)
                name_block(data + k * 512, places[i][j] + k, 77 + i);
            assert_int_equal(disk_write(cache, places[i][j], 8, data, deadline_after_ms(1)), E_DISK_TIMEOUT);
        }
        below.delay_us = 100;
        below.lost[0].at = below.lost[1].at = below.now + 20000;
        for (unsigned j = 0; j < 50; j++) {
            read_some(64, 8);
            read_some(120, 8);
            pass_us(1000);
        }
        assert_int_equal(below.lost_count, 0);
        assert_int_equal(write_some(5000, 1), OK);
    }
}

/* One that is done later was submitted before: it promises nothing. */
static void a_write_that_comes_late_behind_another(void **state)
{
    static uint8_t buffers[2][8 * 512];

    (void)state;
    remember_some();
    below.delay_us = 500000;
    struct disk_request late = submit_write(64, 8, buffers[0]), other = submit_write(5000, 8, buffers[1]);
    disk_submit(cache, &late);
    below.delay_us = 1000;
    disk_submit(cache, &other);
    cache->ops->cancel(cache, &late);
    below.lost[0].at = below.now + 20000;
    below.delay_us = 100;
    assert_int_equal(disk_wait(cache, &other, deadline_after_ms(100)), OK);
    for (unsigned i = 0; i < 50; i++) {
        read_some(64, 8);
        pass_us(1000);
    }
    assert_int_equal(below.lost_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_usual_cache, close_usual_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_write_that_fails),
        CASE(a_write_that_comes_late),
        CASE(two_writes_that_come_late),
        CASE(a_write_that_comes_late_behind_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
