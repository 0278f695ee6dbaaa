/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's parameters. Secrets can be written, by root, and not read; they never reach a dump. */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dump/linux/home.h"

#define TEXT(name, permissions, what)                                                                                            \
    static char *name;                                                                                                           \
    module_param(name, charp, permissions);                                                                                      \
    MODULE_PARM_DESC(name, what)
#define SECRET(name, what)                                                                                                       \
    module_param_cb(name, &secret_operations, secrets.name, 0200);                                                               \
    MODULE_PARM_DESC(name, what)

/* Pages of their own, which the dump leaves out. */
static struct {
    char chap_secret[ISCSI_SECRET_MAX + 1];
    char mutual_secret[ISCSI_SECRET_MAX + 1];
    struct iscsi_chap chap, mutual;
} secrets __aligned(PAGE_SIZE);
static char fence[PAGE_SIZE] __aligned(PAGE_SIZE) __maybe_unused;

static int set_secret(const char *value, const struct kernel_param *parameter)
{
    size_t length = strcspn(value, "\n");
    if (length > ISCSI_SECRET_MAX)
        return -EINVAL;
    memset(parameter->arg, 0, ISCSI_SECRET_MAX + 1);
    memcpy(parameter->arg, value, length);
    return 0;
}

static const struct kernel_param_ops secret_operations = {.set = set_secret};

TEXT(extent, 0644, "where to write: <first block>:<blocks> of the disk");
TEXT(partition, 0644, "where to write, instead: the PARTUUID of a partition");
TEXT(initiator, 0644, "initiator name, instead of the table's");
TEXT(target, 0644, "target name, instead of the table's");
TEXT(isid, 0644, "ISID of the operating system's session, twelve hexadecimal digits, so that it is replaced");
TEXT(chap, 0644, "CHAP name that the initiator proves");
SECRET(chap_secret, "its secret");
TEXT(mutual_chap, 0644, "CHAP name that the target has to prove");
SECRET(mutual_secret, "its secret");
TEXT(digests, 0644, "auto, none, header, data or both");
TEXT(profile, 0644, "memory: small, or large (as if left out)");
TEXT(reboot, 0644, "after the dump: system (as panic= has it, as if left out), now, or never");

static unsigned timeout = 600;
module_param(timeout, uint, 0644);
MODULE_PARM_DESC(timeout, "seconds that the whole dump may take");
static unsigned level;
module_param(level, uint, 0644);
MODULE_PARM_DESC(level, "0: every page, an ELF core; 1: pages of zeros left out, kdump-compressed");
static unsigned long long isdh;
module_param(isdh, ullong, 0644);
MODULE_PARM_DESC(isdh, "physical address of the ISDH, when it is to be looked for nowhere else");
static bool ibft;
module_param(ibft, bool, 0644);
MODULE_PARM_DESC(ibft, "read the iBFT instead of the ISDH");

/* A text that is there and not empty; a line's end that echo wrote is taken off. */
static const char *given(char *text)
{
    if (text)
        text[strcspn(text, "\n")] = '\0';
    return text && *text ? text : NULL;
}

/* The index of `text` among words that end with NULL; the first when it is not given; -1. */
static int choice(char *text, const char *const *words)
{
    if (!given(text))
        return 0;
    for (int i = 0; words[i]; i++)
        if (!strcmp(text, words[i]))
            return i;
    return -1;
}

static bool take_extent(struct dump_config *config)
{
    const char *text = given(extent);
    if (!text)
        return true;
    unsigned long long first, blocks;
    char end;
    if (sscanf(text, "%llu:%llu%c", &first, &blocks, &end) != 2 || !blocks)
        return home_refuse("extent=%s is not <first block>:<blocks>", text);
    config->extent_count = 1;
    config->extents[0] = (struct dump_extent){.lba = first, .blocks = blocks};
    return true;
}

/* A name without its secret: the core says that it is missing, unless the table has it. */
static bool take_chap(struct iscsi_chap *chap_of, char *name, const char *secret, const char *what, const struct iscsi_chap **to)
{
    if (!given(name) && !*secret)
        return true;
    if (name && strlen(name) > ISCSI_SECRET_MAX)
        return home_refuse("%s= is longer than %u bytes", what, ISCSI_SECRET_MAX);
    strscpy(chap_of->name, given(name) ? name : "", sizeof chap_of->name);
    memcpy(chap_of->secret, secret, sizeof chap_of->secret);
    *to = chap_of;
    return true;
}

static bool take_isid(struct dump_parameters *to)
{
    static uint8_t bytes[6];
    if (!given(isid))
        return true;
    if (strlen(isid) != 2 * sizeof bytes || hex2bin(bytes, isid, sizeof bytes))
        return home_refuse("isid=%s is not twelve hexadecimal digits", isid);
    to->isid = bytes;
    return true;
}

static bool take_choices(struct parameters *parameters, struct dump_config *config)
{
    static const char *const afters[] = {"system", "now", "never", NULL};
    static const char *const profiles[] = {"large", "small", NULL};
    static const char *const digest_words[] = {"auto", "none", "header", "data", "both", NULL}; /* as enum iscsi_digests */

    int after = choice(reboot, afters), memory = choice(profile, profiles), sums = choice(digests, digest_words);
    if (after < 0)
        return home_refuse("reboot=%s is not system, now or never", reboot);
    if (memory < 0)
        return home_refuse("profile=%s is not small or large", profile);
    if (sums < 0)
        return home_refuse("digests=%s is not auto, none, header, data or both", digests);
    if (level > 1)
        return home_refuse("level=%u is not 0 or 1", level);
    if (!timeout || timeout > UINT32_MAX / 1000)
        return home_refuse("timeout=%u is not 1 to %u seconds", timeout, UINT32_MAX / 1000);

    parameters->after = (enum after)after;
    parameters->level = level;
    config->profile = memory ? &dump_profile_small : &dump_profile_large;
    config->parameters.digests = (enum iscsi_digests)sums;
    config->parameters.digests_given = given(digests);
    config->timeout_ms = timeout * 1000;
    return true;
}

bool parameters_take(struct parameters *parameters, struct dump_config *config)
{
    kernel_param_lock(THIS_MODULE);
    memset(parameters, 0, sizeof *parameters);
    memset(config, 0, sizeof *config);
    parameters->partition_name = given(partition);
    parameters->isdh = isdh;
    parameters->ibft = ibft;
    config->parameters.initiator_name = given(initiator);
    config->parameters.target_name = given(target);

    if (parameters->partition_name && given(extent))
        return home_refuse("extent= and partition= are both given");
    return take_choices(parameters, config) && take_extent(config) && take_isid(&config->parameters) &&
           take_chap(&secrets.chap, chap, secrets.chap_secret, "chap", &config->parameters.chap) &&
           take_chap(&secrets.mutual, mutual_chap, secrets.mutual_secret, "mutual_chap", &config->parameters.mutual_chap) &&
           memory_add_own(&secrets, sizeof secrets);
}

void parameters_release(void)
{
    kernel_param_unlock(THIS_MODULE);
}
