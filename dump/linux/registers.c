/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of every CPU as they were when panic() began; those of the one that panicked are of where the dump begins. Linux
 * stops the other CPUs before it calls anybody, by an interrupt or, where interrupts are off, by an NMI that does not return;
 * what it keeps of them no module can read. So a probe at panic()'s first instruction sends them all an NMI before, each keeps
 * what it was at, and goes on. Afterwards it is too late: a CPU that has stopped counts as offline, and leaves an NMI unheard.
 */
#include <asm/apic.h>
#include <linux/kprobes.h>
#include <linux/nmi.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "dump/linux/home.h"
#include "platform/format.h"

#define ANSWER_US 1000000 /* as long as Linux waits for them to stop */
#define LOOK_US   10

struct kept {
    struct pt_regs registers;
    pid_t pid;
    bool there;
};

static struct {
    struct kept *kept; /* of each CPU by its number; NULL: not prepared */
    struct kprobe probe;
    bool listens, probes;
    atomic_t asked_already;
    struct cpumask online;       /* that panic() found, or when it was prepared */
    struct cpumask asked, owing; /* owing: each takes itself out, when what it keeps is there */
} cpus;

static void keep(unsigned cpu, const struct pt_regs *registers)
{
    cpus.kept[cpu].registers = *registers;
    cpus.kept[cpu].pid = current->pid;
    cpus.kept[cpu].there = true;
}

static int on_nmi(unsigned type, struct pt_regs *registers)
{
    unsigned cpu = (unsigned)smp_processor_id();
    if (!cpumask_test_cpu((int)cpu, &cpus.owing))
        return NMI_DONE;
    keep(cpu, registers);
    smp_mb__before_atomic();
    cpumask_clear_cpu((int)cpu, &cpus.owing);
    return NMI_HANDLED;
}

static void ask_others(void)
{
    cpumask_copy(&cpus.asked, &cpus.online);
    cpumask_clear_cpu(smp_processor_id(), &cpus.asked);
    if (cpumask_empty(&cpus.asked))
        return;
    cpumask_copy(&cpus.owing, &cpus.asked);
    smp_wmb();
    apic->send_IPI_mask(&cpus.asked, NMI_VECTOR);
    for (unsigned waited = 0; waited < ANSWER_US && !cpumask_empty(&cpus.owing); waited += LOOK_US)
        platform_stall_us(LOOK_US);
}

/* Another CPU that panics goes on: the NMI finds it wherever it is. */
static int on_probe(struct kprobe *probe, struct pt_regs *registers)
{
    if (atomic_xchg(&cpus.asked_already, 1))
        return 0;

    cpumask_copy(&cpus.online, cpu_online_mask);
    keep((unsigned)smp_processor_id(), registers);
    ask_others();
    return 0;
}

bool registers_prepare(void)
{
    cpumask_copy(&cpus.online, cpu_online_mask);
    atomic_set(&cpus.asked_already, 0);
    cpus.kept = vzalloc(nr_cpu_ids * sizeof *cpus.kept);
    if (!cpus.kept)
        return home_refuse("there is no memory for the registers of %u CPUs", nr_cpu_ids);

    cpus.listens = !register_nmi_handler(NMI_LOCAL, on_nmi, 0, HOME_NAME);
    cpus.probe = (struct kprobe){.symbol_name = "panic", .pre_handler = on_probe};
    cpus.probes = cpus.listens && !register_kprobe(&cpus.probe);
    if (!cpus.probes)
        home_note("the kernel takes no probe, so that a dump has the registers of the CPU that panics alone");
    return true;
}

void registers_forget(void)
{
    if (cpus.probes)
        unregister_kprobe(&cpus.probe);
    if (cpus.listens)
        unregister_nmi_handler(NMI_LOCAL, HOME_NAME);
    vfree(cpus.kept);
    cpus.probes = cpus.listens = false;
    cpus.kept = NULL;
}

void registers_take(const struct pt_regs *own)
{
    keep((unsigned)smp_processor_id(), own);
    cpumask_set_cpu(smp_processor_id(), &cpus.online); /* without the probe it may have come since */

    unsigned there = 0;
    for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
        there += cpus.kept[cpu].there;
    log_printf(LOG_INFO, "Registers of %u of %u CPUs are there", there, cpumask_weight(&cpus.online));
}

const struct cpumask *registers_cpus(void)
{
    return &cpus.online;
}

const struct pt_regs *registers_of(unsigned cpu, pid_t *pid)
{
    const struct kept *kept = &cpus.kept[cpu];
    *pid = kept->pid;
    return kept->there ? &kept->registers : NULL;
}
