/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the module know of each other. They are the core's home in Linux: they see the kernel's headers, under the
 * names of dump/linux/include/, and of the core its doors alone.
 */
#ifndef SANSTRAP_DUMP_HOME_H
#define SANSTRAP_DUMP_HOME_H

#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/ptrace.h>

#include "dump/dump.h"
#include "dump/file.h"
#include "dump/linux/facts.h"

#define HOME_NAME     "sanstrap_dump"
#define HOME_WHY_SIZE 256 /* of a sentence that says why */

/* A sentence that says why not, for the state file and the log; returns false, so that it can be returned. */
bool home_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As home_refuse(), with a status of the core's and its detail. */
bool home_refuse_status(enum status status);

/* Adds to what the state file says once armed. */
void home_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- parameters.c ---- */

enum after { AFTER_SYSTEM /* as panic= has it */, AFTER_REBOOT, AFTER_HALT };

struct parameters {
    enum after after;
    unsigned level;
    bool partition; /* an extent is to be found by it */
    const char *partition_name;
    uint64_t isdh; /* physical address; 0: to be looked for */
    bool ibft;
};

/*
 * Reads the module's parameters into both; the texts that *config refers to live until parameters_release(), for which the lock
 * is held. False with home_refuse().
 */
bool parameters_take(struct parameters *parameters, struct dump_config *config);
void parameters_release(void);

/* ---- table.c ---- */

/* Finds the table that the parameters want and keeps it mapped until table_forget(). False with home_refuse(). */
bool table_find(const struct parameters *parameters, struct found_table *table);
void table_forget(void);

/* ---- card.c ---- */

/* Finds the card that the table names, and holds it against what Linux knows; maps its registers. False with home_refuse(). */
bool card_find(const struct table_facts *facts, struct pci_device *device);
void card_forget(void);
struct device *card_device(void);

/* ---- disk.c ---- */

/* The extent of the partition that the parameters name. False with home_refuse(). */
bool disk_partition(const char *name, struct dump_extent *extent);

/* Who the disk of that partition is, by what Linux has read of it. False with home_refuse(). */
bool disk_identity(const char *name, struct dump_disk *disk);

/* Looks for the mark of `extent` on that disk, as Linux sees it. False with home_refuse() when it is not there. */
bool disk_has_mark(const struct dump_disk *disk, const struct dump_extent *extent, uint32_t block_size);

/* ---- memory.c ---- */

/* Memory that the dump holds as zeros: it is the core's, and may hold secrets. */
bool memory_add_own(const void *bytes, size_t size);
bool memory_is_own(uint64_t physical);

bool memory_take(const struct dump_profile *profile, const struct pci_device *device, struct arena *dma, struct arena *plain);
void memory_give_back(void);

/* ---- image.c: the file that is written ---- */

/* Prepares what can be prepared of it; its length at most. 0 with home_refuse(). */
uint64_t image_prepare(bool compact);
void image_forget(void);
uint64_t image_memory(void); /* bytes of RAM in it */

/* Bytes that it would have now, where pages of zeros are left out: they are counted, which takes a while. */
uint64_t image_length_now(void);

enum status image_write(struct dump_file *file);

/* ---- registers.c ---- */

/* From here on panic() asks every CPU for its registers, for a second at most. False with home_refuse(). */
bool registers_prepare(void);
void registers_forget(void);

/* On panic: `own` are the calling CPU's. */
void registers_take(const struct pt_regs *own);

/* The CPUs that there were, and the registers of one with the process that it ran; NULL: it did not answer. */
const struct cpumask *registers_cpus(void);
const struct pt_regs *registers_of(unsigned cpu, pid_t *pid);

/* ---- panic.c ---- */

int panic_start(void);
void panic_stop(void);

/* Dumps on panic from now on, or no more (NULL). */
void panic_arm(struct dump *dump, const struct parameters *parameters);

/* ---- platform.c ---- */

/* From here on nothing of the kernel is asked that could wait for somebody. */
extern bool home_is_dying;

/* Fills the pool that random bytes come from. */
void home_stir(void);

/* Lines of the core go to the log, at most this many after a panic. */
#define HOME_LINES 300

#endif
