/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dump as an ELF core: notes (registers of each CPU, VMCOREINFO) and one segment for each range of System RAM, at the
 * addresses of the kernel's direct map. All but registers and memory is prepared while the kernel lives.
 */
#include <linux/elfcore.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#include <linux/crash_core.h>
#else
#include <linux/vmcore_info.h>
#endif

#include "dump/linux/image.h"
#include "platform/format.h"

#define PARTS       20 /* progress is told this often */
#define NOTE_NAME   8  /* bytes that a name of up to seven takes */
#define NOTE_SIZE   (sizeof(Elf64_Nhdr) + NOTE_NAME + ALIGN(sizeof(struct elf_prstatus), 4))
#define NOTES_BEGIN (sizeof(Elf64_Ehdr) + (1 + IMAGE_RANGES) * sizeof(Elf64_Phdr))

struct image image;
uint8_t image_chunk[IMAGE_CHUNK] __aligned(PAGE_SIZE);
static struct {
    uint64_t bytes, told, started;
    bool compact;
} progress;

/* ---- while the kernel lives ---- */

static int take_range(struct resource *resource, void *nothing)
{
    uint64_t begin = PAGE_ALIGN(resource->start), end = (resource->end + 1) & PAGE_MASK;
    if (begin >= end)
        return 0;
    if (image.range_count == IMAGE_RANGES)
        return -ENOSPC;
    image.ranges[image.range_count].begin = begin;
    image.ranges[image.range_count++].end = end;
    image.memory += end - begin;
    return 0;
}

/* The kernel keeps it as a whole note, which ends where one without a name would begin. */
static const Elf64_Nhdr *vmcoreinfo(size_t *size)
{
    const Elf64_Nhdr *note = phys_to_virt(paddr_vmcoreinfo_note());
    *size = sizeof *note + ALIGN(note->n_namesz, 4) + ALIGN(note->n_descsz, 4);
    return note;
}

static void add_segments(Elf64_Phdr *segment)
{
    uint64_t offset = image.header_size;
    for (unsigned i = 0; i < image.range_count; i++, segment++) {
        uint64_t begin = image.ranges[i].begin, size = image.ranges[i].end - begin;
        *segment = (Elf64_Phdr){.p_type = PT_LOAD,
                                .p_flags = PF_R | PF_W | PF_X,
                                .p_offset = offset,
                                .p_paddr = begin,
                                .p_vaddr = (uintptr_t)phys_to_virt(begin),
                                .p_filesz = size,
                                .p_memsz = size,
                                .p_align = PAGE_SIZE};
        offset += size;
    }
}

static void fill_header(void)
{
    Elf64_Ehdr *elf = (Elf64_Ehdr *)image.header;
    memcpy(elf->e_ident, ELFMAG, SELFMAG);
    elf->e_ident[EI_CLASS] = ELFCLASS64;
    elf->e_ident[EI_DATA] = ELFDATA2LSB;
    elf->e_ident[EI_VERSION] = EV_CURRENT;
    elf->e_type = ET_CORE;
    elf->e_machine = EM_X86_64;
    elf->e_version = EV_CURRENT;
    elf->e_phoff = sizeof *elf;
    elf->e_ehsize = sizeof *elf;
    elf->e_phentsize = sizeof(Elf64_Phdr);
    elf->e_phnum = (Elf64_Half)(1 + image.range_count);

    Elf64_Phdr *segments = (Elf64_Phdr *)(elf + 1);
    segments[0] = (Elf64_Phdr){
        .p_type = PT_NOTE, .p_offset = NOTES_BEGIN, .p_filesz = image.notes_size, .p_memsz = image.notes_size, .p_align = 4};
    add_segments(segments + 1);
}

uint64_t image_prepare(bool compact)
{
    progress.compact = compact;
    if (walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, (u64)-1, NULL, take_range) ||
        !image.memory)
        return home_refuse("memory is in more than %u pieces", IMAGE_RANGES);

    vmcoreinfo(&image.info_size);
    image.notes_size = num_possible_cpus() * NOTE_SIZE + image.info_size;
    image.header_size = PAGE_ALIGN(NOTES_BEGIN + image.notes_size);
    image.header = vzalloc(image.header_size);
    if (!image.header)
        return home_refuse("there are no %zu KiB of memory for the headers", image.header_size / 1024);
    fill_header();
    if (!registers_prepare() || (compact && !compact_prepare()))
        return 0;
    return compact ? compact_length() : image.header_size + image.memory;
}

uint64_t image_length_now(void)
{
    return progress.compact ? compact_length_now() : image.header_size + image.memory;
}

void image_forget(void)
{
    registers_forget();
    compact_forget();
    vfree(image.header);
    memset(&image, 0, sizeof image);
}

uint64_t image_memory(void)
{
    return image.memory;
}

/* ---- afterwards ---- */

/* Who reads the dump takes the n-th one for that of the n-th CPU: one that did not answer has one of zeros. */
static void fill_registers(unsigned cpu, Elf64_Nhdr *note)
{
    *note = (Elf64_Nhdr){.n_namesz = sizeof "CORE", .n_descsz = sizeof(struct elf_prstatus), .n_type = NT_PRSTATUS};
    memcpy(note + 1, "CORE", sizeof "CORE");
    struct elf_prstatus *status = (struct elf_prstatus *)((uint8_t *)(note + 1) + NOTE_NAME);
    const struct pt_regs *registers = registers_of(cpu, &status->common.pr_pid);
    if (registers)
        memcpy(&status->pr_reg, registers, sizeof *registers);
}

static void fill_notes(void)
{
    uint8_t *begin = image.header + NOTES_BEGIN, *at = begin;
    unsigned cpu;
    for_each_cpu(cpu, registers_cpus())
    {
        fill_registers(cpu, (Elf64_Nhdr *)at);
        at += NOTE_SIZE;
        image.cpus++;
    }

    size_t info_size;
    const void *info = vmcoreinfo(&info_size);
    memcpy(at, info, min(info_size, image.info_size));
    image.notes_size = (size_t)(at - begin) + image.info_size;
    Elf64_Phdr *segment = (Elf64_Phdr *)(image.header + sizeof(Elf64_Ehdr));
    segment->p_filesz = segment->p_memsz = image.notes_size;
}

const uint8_t *image_notes(void)
{
    return image.header + NOTES_BEGIN;
}

/* Pages that nobody may read were taken out for memory errors, or out of the direct map. */
void image_read_page(uint64_t physical, void *to)
{
    bool readable = pfn_valid(PHYS_PFN(physical)) && !PageHWPoison(pfn_to_page(PHYS_PFN(physical))) && !memory_is_own(physical);
    if (!readable || copy_from_kernel_nofault(to, phys_to_virt(physical), PAGE_SIZE))
        memset(to, 0, PAGE_SIZE);
}

void image_done(uint64_t bytes)
{
    progress.bytes += bytes;
    platform_idle();
    if (progress.bytes < progress.told)
        return;

    progress.told += image.memory / PARTS;
    uint64_t ms = (platform_ticks() - progress.started) / platform_ticks_per_ms() + 1;
    log_printf(LOG_INFO, "%u %% written, %u MiB in %u s, %u KiB/s", (unsigned)(progress.bytes * 100 / image.memory),
               (unsigned)(progress.bytes >> 20), (unsigned)(ms / 1000), (unsigned)(progress.bytes / ms * 1000 / 1024));
}

static enum status write_range(struct dump_file *file, const struct ram_range *range)
{
    for (uint64_t at = range->begin; at < range->end; at += IMAGE_CHUNK) {
        size_t size = (size_t)min_t(uint64_t, IMAGE_CHUNK, range->end - at);
        for (size_t page = 0; page < size; page += PAGE_SIZE)
            image_read_page(at + page, image_chunk + page);
        enum status status = dump_file_append(file, image_chunk, size);
        if (status != OK)
            return status;
        image_done(size);
    }
    return OK;
}

enum status image_write(struct dump_file *file)
{
    fill_notes();
    progress.started = platform_ticks();
    if (progress.compact)
        return compact_write(file);

    enum status status = dump_file_append(file, image.header, image.header_size);
    for (unsigned i = 0; i < image.range_count && status == OK; i++)
        status = write_range(file, &image.ranges[i]);
    return status;
}
