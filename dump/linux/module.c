/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sanstrap_dump.ko: arms the dump core at load and whenever "1" is written to /sys/kernel/sanstrap_dump/arm ("0" disarms it).
 * /sys/kernel/sanstrap_dump/state tells the state, armed, refused or off, and why.
 */
#include <asm/tsc.h>
#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/security.h>
#include <linux/sysfs.h>

#include "dump/linux/home.h"
#include "platform/format.h"

#define NOTES_SIZE 1024

static DEFINE_MUTEX(lock);
static const char *state = "off";
static char why[HOME_WHY_SIZE] = "it was not armed yet";
static char notes[NOTES_SIZE];
static struct kobject *folder;

bool home_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vscnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return false;
}

bool home_refuse_status(enum status status)
{
    const char *detail = failure_detail(status);
    return home_refuse("S%u %s%s%s", status, status_what(status), *detail ? ": " : "", detail);
}

void home_note(const char *format, ...)
{
    size_t used = strlen(notes);
    used += (size_t)scnprintf(notes + used, sizeof notes - used, "; ");
    va_list arguments;
    va_start(arguments, format);
    vscnprintf(notes + used, sizeof notes - used, format, arguments);
    va_end(arguments);
}

static void disarm(void)
{
    panic_arm(NULL, NULL);
    memory_give_back();
    card_forget();
    image_forget();
    state = "off";
    *notes = '\0';
    home_refuse("it was disarmed");
}

static bool machine_serves(void)
{
    if (!boot_cpu_has(X86_FEATURE_TSC) || !tsc_khz)
        return home_refuse("the time stamp counter does not work, and there is no other clock after a crash");
    if (security_locked_down(LOCKDOWN_KCORE))
        return home_refuse("the kernel is locked down, and lets no memory of its own out");
    return true;
}

/* With the table mapped and the parameters held. */
static bool arm_core(const struct found_table *table, struct dump_config *config, struct parameters *parameters,
                     struct dump **dump)
{
    static struct table_facts facts;
    char fault[HOME_WHY_SIZE];
    if (!facts_read(table, &facts, fault, sizeof fault))
        return home_refuse("the table cannot be used: %s", fault);
    if (parameters->partition_name) {
        config->extent_count = 1;
        if (!disk_partition(parameters->partition_name, &config->extents[0]))
            return false;
        /* The iBFT tells nothing of the disk. */
        if (!facts.disk.block_size) {
            if (!disk_identity(parameters->partition_name, &facts.disk))
                return false;
            config->parameters.disk = &facts.disk;
        }
    }

    struct pci_device device;
    static struct arena dma, plain;
    if (!card_find(&facts, &device) || !memory_take(config->profile, &device, &dma, &plain))
        return false;
    config->dma = &dma;
    config->plain = &plain;
    config->table = table->bytes;
    config->table_size = table->size;
    config->table_self = table->self;
    enum status status = dump_arm(dump, config);
    if (status != OK)
        return home_refuse_status(status);

    const struct dump_target *target = dump_target(*dump);
    return disk_has_mark(&facts.disk, &target->extents[0], target->block_size);
}

static bool image_fits(const struct dump *dump, const struct parameters *parameters)
{
    const struct dump_target *target = dump_target(dump);
    uint64_t length = image_prepare(parameters->level > 0);
    uint64_t capacity = dump_area_capacity(target->extents[0].blocks, target->block_size);
    if (length <= capacity)
        return length;

    /* How much will be zeros nobody knows; what has no room now will hardly have any then. */
    uint64_t now = image_length_now();
    if (now > capacity)
        return home_refuse("the extent holds %llu MiB, and a dump has %llu%s", (unsigned long long)capacity >> 20,
                           ((unsigned long long)now >> 20) + 1, now < length ? " without what is zeros now" : "");
    home_note("the extent holds a dump as long as %llu MiB of memory are zeros, which %llu are now",
              ((unsigned long long)(length - capacity) >> 20) + 1, (unsigned long long)(length - now) >> 20);
    return true;
}

static bool try_to_arm(struct parameters *parameters, struct dump **dump)
{
    static struct dump_config config;
    struct found_table table;
    bool armed = parameters_take(parameters, &config) && machine_serves() && table_find(parameters, &table) &&
                 arm_core(&table, &config, parameters, dump) && image_fits(*dump, parameters);
    table_forget();
    parameters_release();
    return armed;
}

static void arm(void)
{
    static struct parameters parameters;
    struct dump *dump = NULL;
    disarm();
    home_stir();
    if (!try_to_arm(&parameters, &dump)) {
        static char kept[HOME_WHY_SIZE];
        strscpy(kept, why, sizeof kept);
        disarm();
        strscpy(why, kept, sizeof why);
        state = "refused";
        pr_warn(HOME_NAME ": refused: %s\n", why);
        return;
    }

    const struct dump_target *target = dump_target(dump);
    home_refuse("%llu MiB to blocks %llu to %llu of %s at %s, from %s", (unsigned long long)image_memory() >> 20,
                (unsigned long long)target->extents[0].lba,
                (unsigned long long)(target->extents[0].lba + target->extents[0].blocks - 1), target->target_name, target->portal,
                target->address);
    state = "armed";
    panic_arm(dump, &parameters);
    pr_info(HOME_NAME ": armed: %s%s\n", why, notes);
}

/* It is loaded and unloaded when it likes: asked whenever the state is read. Whether it comes first, modules are not told. */
static const char *kdump_note(void)
{
    if (strcmp(state, "armed") || !kexec_crash_loaded())
        return "";
    return "; kdump is loaded: without crash_kexec_post_notifiers on the kernel's command line its kernel comes in place of this";
}

static ssize_t state_show(struct kobject *object, struct kobj_attribute *attribute, char *to)
{
    mutex_lock(&lock);
    ssize_t length = sysfs_emit(to, "%s %s%s%s\n", state, why, notes, kdump_note());
    mutex_unlock(&lock);
    return length;
}

static ssize_t arm_store(struct kobject *object, struct kobj_attribute *attribute, const char *text, size_t length)
{
    bool on;
    int error = kstrtobool(text, &on);
    if (error)
        return error;

    mutex_lock(&lock);
    if (on)
        arm();
    else
        disarm();
    mutex_unlock(&lock);
    return (ssize_t)length;
}

static struct kobj_attribute state_attribute = __ATTR(state, 0444, state_show, NULL);
static struct kobj_attribute arm_attribute = __ATTR(arm, 0200, NULL, arm_store);
static const struct attribute *attributes[] = {&state_attribute.attr, &arm_attribute.attr, NULL};

static int __init home_start(void)
{
    folder = kobject_create_and_add(HOME_NAME, kernel_kobj);
    int error = folder ? sysfs_create_files(folder, attributes) : -ENOMEM;
    if (!error)
        error = panic_start();
    if (error) {
        kobject_put(folder);
        return error;
    }

    /* That it cannot be armed now is no reason not to be there: whoever mends what is wrong arms it then. */
    mutex_lock(&lock);
    arm();
    mutex_unlock(&lock);
    return 0;
}

static void __exit home_stop(void)
{
    panic_stop();
    kobject_put(folder);
    mutex_lock(&lock);
    disarm();
    mutex_unlock(&lock);
}

module_init(home_start);
module_exit(home_stop);
MODULE_DESCRIPTION("Crash dumps to an iSCSI disk by sanstrap's own network stack");
MODULE_VERSION(SANSTRAP_VERSION);
MODULE_LICENSE("Dual BSD/GPL"); /* the sources are BSD-2-Clause, which the GPL goes with; this is the kernel's word for it */
