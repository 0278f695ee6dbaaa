/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dump in the form that makedumpfile calls kdump-compressed, which it and crash read: bitmaps of the pages that there are, a
 * descriptor of each, and the pages, uncompressed. All pages of zeros share one. What is zero is found out before anything is
 * written, since descriptors stand before pages; a page that is written to in between stays what it was found.
 *
 *   block 0    main header
 *   block 1    sub-header, notes behind it
 *   …          bitmap of RAM, bitmap of dumped pages, which are the same here
 *   …          descriptors, 24 bytes each
 *   …          the page of zeros, the other pages
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "dump/linux/image.h"
#include "platform/format.h"

#define HEADER_VERSION 6
#define WITHOUT_ZEROS  1 /* makedumpfile's dump level */
#define BITS_A_BLOCK   (8u * (uint32_t)PAGE_SIZE)

struct main_header {
    char signature[8];
    uint32_t version;
    struct new_utsname system;
    uint8_t gap[6];
    uint64_t seconds, microseconds;
    uint32_t status;
    int32_t block_size, sub_header_blocks;
    uint32_t bitmap_blocks, pages_32, ram_pages, device_blocks, written_blocks, current_cpu;
    int32_t cpus;
} __packed;

struct sub_header {
    uint64_t physical_base;
    int32_t level, split;
    uint64_t split_begin, split_end;
    uint64_t info, info_size; /* VMCOREINFO's text; places are bytes from the file's first */
    uint64_t notes, notes_size;
    uint64_t erased, erased_size;
    uint64_t split_begin_64, split_end_64, pages;
} __packed;

struct descriptor {
    uint64_t place;
    uint32_t size, flags;
    uint64_t page_flags;
} __packed;

static struct {
    uint8_t *zero; /* a bit of each page of RAM, in their order; NULL: not prepared */
    size_t zero_size;
    uint64_t ram_pages, zero_pages;
    uint64_t pages; /* from address 0 to the last one of RAM */
    uint32_t sub_header_blocks, bitmap_blocks;
} compact;

static uint64_t descriptors_begin(void)
{
    return (1 + (uint64_t)compact.sub_header_blocks + 2 * (uint64_t)compact.bitmap_blocks) * PAGE_SIZE;
}

static uint64_t pages_begin(void)
{
    return PAGE_ALIGN(descriptors_begin() + compact.ram_pages * sizeof(struct descriptor));
}

static void set_sub_header_blocks(void)
{
    compact.sub_header_blocks = (uint32_t)DIV_ROUND_UP(sizeof(struct sub_header) + image.notes_size, PAGE_SIZE);
}

bool compact_prepare(void)
{
    compact.ram_pages = image.memory / PAGE_SIZE;
    compact.pages = image.ranges[image.range_count - 1].end / PAGE_SIZE;
    compact.bitmap_blocks = (uint32_t)DIV_ROUND_UP(compact.pages, BITS_A_BLOCK);
    set_sub_header_blocks();
    compact.zero_size = DIV_ROUND_UP(compact.ram_pages, 8);
    compact.zero = vzalloc(compact.zero_size);
    return compact.zero || home_refuse("there are no %zu KiB of memory for a bit of each page", compact.zero_size / 1024);
}

void compact_forget(void)
{
    vfree(compact.zero);
    memset(&compact, 0, sizeof compact);
}

static bool is_zero(uint64_t page)
{
    return compact.zero[page / 8] >> page % 8 & 1;
}

static void give_way(void)
{
    if (home_is_dying)
        platform_idle();
    else
        cond_resched();
}

/* A second or so for each 10 GiB. */
static void find_zeros(void)
{
    uint64_t number = 0;
    compact.zero_pages = 0;
    memset(compact.zero, 0, compact.zero_size);

    for (unsigned i = 0; i < image.range_count; i++)
        for (uint64_t at = image.ranges[i].begin; at < image.ranges[i].end; at += PAGE_SIZE, number++) {
            if (number % 1024 == 0)
                give_way();
            image_read_page(at, image_chunk);
            if (memchr_inv(image_chunk, 0, PAGE_SIZE))
                continue;
            compact.zero[number / 8] |= (uint8_t)(1 << number % 8);
            compact.zero_pages++;
        }
}

uint64_t compact_length(void)
{
    return pages_begin() + PAGE_SIZE + image.memory - compact.zero_pages * PAGE_SIZE;
}

uint64_t compact_length_now(void)
{
    find_zeros();
    return compact_length();
}

static enum status write_headers(struct dump_file *file)
{
    memset(image_chunk, 0, sizeof image_chunk);
    struct main_header *header = (struct main_header *)image_chunk;
    *header = (struct main_header){.version = HEADER_VERSION,
                                   .system = *init_utsname(),
                                   .block_size = (int32_t)PAGE_SIZE,
                                   .sub_header_blocks = (int32_t)compact.sub_header_blocks,
                                   .bitmap_blocks = 2 * compact.bitmap_blocks,
                                   .pages_32 = (uint32_t)compact.pages,
                                   .ram_pages = (uint32_t)compact.ram_pages,
                                   .cpus = (int32_t)image.cpus};
    memcpy(header->signature, "KDUMP   ", sizeof header->signature);
    header->seconds = div_u64(ktime_get_real_fast_ns(), NSEC_PER_SEC);
    enum status status = dump_file_append(file, image_chunk, PAGE_SIZE);
    if (status != OK)
        return status;

    uint64_t notes = PAGE_SIZE + sizeof(struct sub_header);
    const Elf64_Nhdr *info = (const Elf64_Nhdr *)(image_notes() + image.notes_size - image.info_size);
    uint64_t text = sizeof *info + ALIGN(info->n_namesz, 4);
    struct sub_header sub_header = {.physical_base = phys_base,
                                    .level = WITHOUT_ZEROS,
                                    .pages = compact.pages,
                                    .notes = notes,
                                    .notes_size = image.notes_size,
                                    .info_size = info->n_descsz,
                                    .info = notes + image.notes_size - image.info_size + text};
    status = dump_file_append(file, &sub_header, sizeof sub_header);
    if (status == OK)
        status = dump_file_append(file, image_notes(), image.notes_size);
    return status == OK ? dump_file_align(file, PAGE_SIZE) : status;
}

/* Of the pages from `first` on, as many as a block has bits. */
static void fill_bitmap(uint64_t first)
{
    memset(image_chunk, 0, PAGE_SIZE);
    for (unsigned i = 0; i < image.range_count; i++) {
        uint64_t begin = max_t(uint64_t, image.ranges[i].begin / PAGE_SIZE, first);
        uint64_t end = min_t(uint64_t, image.ranges[i].end / PAGE_SIZE, first + BITS_A_BLOCK);
        for (uint64_t page = begin; page < end; page++)
            image_chunk[(page - first) / 8] |= (uint8_t)(1 << (page - first) % 8);
    }
}

static enum status write_bitmap(struct dump_file *file)
{
    enum status status = OK;
    for (uint32_t block = 0; block < compact.bitmap_blocks && status == OK; block++) {
        fill_bitmap((uint64_t)block * BITS_A_BLOCK);
        status = dump_file_append(file, image_chunk, PAGE_SIZE);
    }
    return status;
}

static enum status write_descriptors(struct dump_file *file)
{
    uint64_t zeros = pages_begin(), next = zeros + PAGE_SIZE;
    enum status status = OK;
    for (uint64_t page = 0; page < compact.ram_pages && status == OK; page++) {
        struct descriptor descriptor = {.place = zeros, .size = PAGE_SIZE};
        if (!is_zero(page)) {
            descriptor.place = next;
            next += PAGE_SIZE;
        }
        status = dump_file_append(file, &descriptor, sizeof descriptor);
    }
    return status == OK ? dump_file_align(file, PAGE_SIZE) : status;
}

static enum status write_pages(struct dump_file *file)
{
    memset(image_chunk, 0, PAGE_SIZE);
    enum status status = dump_file_append(file, image_chunk, PAGE_SIZE);
    uint64_t number = 0;
    for (unsigned i = 0; i < image.range_count; i++)
        for (uint64_t at = image.ranges[i].begin; at < image.ranges[i].end && status == OK; at += PAGE_SIZE, number++) {
            if (!is_zero(number)) {
                image_read_page(at, image_chunk);
                status = dump_file_append(file, image_chunk, PAGE_SIZE);
            }
            image_done(PAGE_SIZE);
        }
    return status;
}

enum status compact_write(struct dump_file *file)
{
    set_sub_header_blocks();
    find_zeros();
    log_printf(LOG_INFO, "%u MiB of %u are zeros and left out", (unsigned)(compact.zero_pages * PAGE_SIZE >> 20),
               (unsigned)(image.memory >> 20));

    enum status status = write_headers(file);
    for (unsigned bitmap = 0; bitmap < 2 && status == OK; bitmap++)
        status = write_bitmap(file);
    if (status == OK)
        status = write_descriptors(file);
    return status == OK ? write_pages(file) : status;
}
