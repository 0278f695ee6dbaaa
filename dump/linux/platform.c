/* SPDX-License-Identifier: BSD-2-Clause */
/* The core's platform services but for PCI: the time stamp counter, the console, a pool of random bytes. */
#include <asm/tsc.h>
#include <linux/nmi.h>
#include <linux/printk.h>
#include <linux/random.h>

#include "dump/linux/home.h"
#include "platform/random_pool.h"

bool home_is_dying;

uint64_t platform_ticks(void)
{
    return rdtsc_ordered();
}

uint64_t platform_ticks_per_ms(void)
{
    return tsc_khz;
}

void platform_stall_us(uint32_t microseconds)
{
    uint64_t end = rdtsc_ordered() + ((uint64_t)microseconds * tsc_khz + 999) / 1000;
    while (rdtsc_ordered() < end)
        cpu_relax();
}

/* Watchdogs of the kernel's own look at stopped time with disbelief. */
void platform_idle(void)
{
    touch_nmi_watchdog();
    cpu_relax();
}

void platform_log(enum log_level level, const char *line)
{
    static const char *const kernel[] = {KERN_ERR, KERN_WARNING, KERN_INFO, KERN_DEBUG};
    static unsigned lines;

    /* A serial console takes its time, which is the dump's. */
    if (home_is_dying && (level == LOG_DEBUG || lines++ >= HOME_LINES))
        return;
    printk("%s" HOME_NAME ": %s\n", kernel[level], line);
}

void home_stir(void)
{
    uint8_t seed[64];
    get_random_bytes(seed, sizeof seed);
    random_pool_add(seed, sizeof seed);
    memzero_explicit(seed, sizeof seed);
    random_pool_add_cpu();
}

void platform_random(void *buffer, size_t length)
{
    uint64_t now = rdtsc_ordered();
    random_pool_add(&now, sizeof now);
    random_pool_read(buffer, length);
}

/* lwIP wants it for names of interfaces, and the kernel has none. */
int atoi(const char *text);
int atoi(const char *text)
{
    int value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    return value;
}
