/* SPDX-License-Identifier: BSD-2-Clause */
/* Hangs CPU 1 with its interrupts off, once this module's loading, which wants an answer of every CPU, is over. */
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

#define SECONDS 3

static int hang(void *nothing)
{
    schedule_timeout_uninterruptible(SECONDS * HZ);
    local_irq_disable();
    for (;;)
        cpu_relax();
    return 0;
}

static int __init hung_start(void)
{
    struct task_struct *thread = kthread_create(hang, NULL, "hung");
    if (IS_ERR(thread))
        return PTR_ERR(thread);
    kthread_bind(thread, 1);
    wake_up_process(thread);
    return 0;
}

module_init(hung_start);
MODULE_DESCRIPTION("Hangs a CPU");
MODULE_LICENSE("Dual BSD/GPL");
