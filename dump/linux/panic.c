/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens on panic: other CPUs have stopped, interrupts are off, and what panicked may be an NMI, whose stack is one page:
 * the dump has a stack of its own. A panic inside the dump ends it.
 */
#include <linux/console.h>
#include <linux/kexec.h>
#include <linux/nmi.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>

#include "dump/linux/home.h"
#include "platform/format.h"

#define STACK_SIZE (4 * DUMP_STACK) /* the core's, and the console drivers' below it */

static struct {
    struct dump *dump; /* NULL: nothing is done */
    struct parameters parameters;
    atomic_t entered;
    const char *reason;
} home;
static struct dump_file file;
static struct dump_area_head head;
static uint8_t stack[STACK_SIZE] __aligned(16);

static void describe(void)
{
    memset(&head, 0, sizeof head);
    head.format = home.parameters.level ? DUMP_AREA_KDUMP : DUMP_AREA_ELF;
    platform_random(head.dump_id, sizeof head.dump_id);
    memcpy(head.boot_id, dump_target(home.dump)->boot_id, sizeof head.boot_id);
    head.started = div_u64(ktime_get_real_fast_ns(), NSEC_PER_SEC);
    head.memory = image_memory();
    format_text(head.producer, sizeof head.producer, HOME_NAME " " SANSTRAP_VERSION);
    format_text(head.system, sizeof head.system, "Linux %s %s", init_utsname()->release, init_utsname()->version);
    format_text(head.reason, sizeof head.reason, "%s", home.reason);
    format_make_printable(head.reason);
}

static enum status write_all(void)
{
    enum status status = dump_file_begin(&file, home.dump, &head);
    if (status != OK)
        return status;
    status = image_write(&file);
    enum status ended = dump_file_end(&file, status);
    return status != OK ? status : ended;
}

/* Runs on the stack above. */
static noinline __used void dump_all(void)
{
    describe();
    log_printf(LOG_WARNING, "Dumping %u MiB to %s, %s", (unsigned)(head.memory >> 20), dump_target(home.dump)->portal,
               dump_target(home.dump)->target_name);
    enum status status = dump_open(home.dump);
    if (status == OK) {
        status = write_all();
        enum status closed = dump_close(home.dump);
        if (status == OK)
            status = closed;
    }

    struct dump_progress progress;
    dump_progress(home.dump, &progress);
    if (status == OK)
        log_printf(LOG_WARNING, "The dump is complete: %u MiB in %u.%u s, %u reconnects", (unsigned)(progress.bytes >> 20),
                   progress.milliseconds / 1000, progress.milliseconds % 1000 / 100, progress.reconnects);
    else
        log_printf(LOG_ERROR, "The dump failed after %u MiB and %u s: S%u %s: %s", (unsigned)(progress.bytes >> 20),
                   progress.milliseconds / 1000, status, status_what(status), failure_detail(status));
}

/* As the kernel changes stacks for interrupts: objtool, and so the unwinder, knows this sequence with this register. */
static noinline void on_own_stack(void)
{
    register void *top asm("r11") = stack + STACK_SIZE - sizeof(uint64_t);
    asm volatile("movq %%rsp, (%[top])\n\t"
                 "movq %[top], %%rsp\n\t"
                 "call dump_all\n\t"
                 "popq %%rsp"
                 : "+r"(top), ASM_CALL_CONSTRAINT
                 : [top] "r"(top)
                 : "cc", "memory", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10");
}

/*
 * What is logged in an NMI waits for an interrupt that does not come any more. The kernel's way to the consoles may wait for ever
 * for who was interrupted: it is taken when the dump is over, and by the kernel itself if panic() goes on.
 */
static void show_log(void)
{
    if (in_nmi() && console_trylock())
        console_unlock();
}

static void go_on(void)
{
    if (home.parameters.after == AFTER_REBOOT) {
        log_printf(LOG_WARNING, "Rebooting");
        show_log();
        emergency_restart();
    }
    if (home.parameters.after != AFTER_HALT)
        return;

    log_printf(LOG_WARNING, "Halted");
    show_log();
    while (READ_ONCE(home.parameters.after) == AFTER_HALT) {
        touch_nmi_watchdog();
        halt();
    }
}

static int on_panic(struct notifier_block *block, size_t action, void *reason)
{
    if (!home.dump)
        return NOTIFY_DONE;
    if (atomic_xchg(&home.entered, 1)) {
        if (home.parameters.after != AFTER_SYSTEM)
            home.parameters.after = AFTER_REBOOT;
        log_printf(LOG_ERROR, "A panic inside the dump: it is given up");
        go_on();
        return NOTIFY_DONE;
    }

    home_is_dying = true;
    home.reason = reason ? reason : "";
    /* Not on the stack, where objtool takes it for registers that are saved for the caller. */
    static struct pt_regs registers;
    crash_setup_regs(&registers, NULL);
    registers_take(&registers);
    on_own_stack();
    go_on();
    return NOTIFY_DONE;
}

static struct notifier_block notifier = {.notifier_call = on_panic, .priority = INT_MAX};

void panic_arm(struct dump *dump, const struct parameters *parameters)
{
    WRITE_ONCE(home.dump, NULL);
    if (!dump)
        return;
    home.parameters = *parameters;
    smp_wmb();
    WRITE_ONCE(home.dump, dump);
}

int panic_start(void)
{
    return atomic_notifier_chain_register(&panic_notifier_list, &notifier);
}

void panic_stop(void)
{
    panic_arm(NULL, NULL);
    atomic_notifier_chain_unregister(&panic_notifier_list, &notifier);
}
