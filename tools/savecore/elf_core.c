/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF cores: the header and the program headers behind it, notes, memory. */
#include "tools/savecore/elf_core.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/bytes.h"
#include "tools/common/memory.h"

#define PREFIX_SIZE  (256 * KIB) /* holds the program headers, of more than 4,000 pieces of memory */
#define NOTES_MOST   (4 * MIB)
#define INFO_NAME    "VMCOREINFO"
#define KERNEL_START 0xFFFFFFFF80000000u /* where x86-64 has the kernel's image */

static bool read_at(int file, uint64_t offset, void *to, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t got = offset > INT64_MAX - length ? 0 : pread(file, (uint8_t *)to + at, length - at, (off_t)(offset + at));
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* ---- segments ---- */

static const char *parse(struct elf_core *core, const uint8_t *prefix, size_t size)
{
    Elf64_Ehdr header;
    if (size < sizeof header)
        return "it is shorter than an ELF header";
    memcpy(&header, prefix, sizeof header);

    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_CORE)
        return "it is no ELF core";
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
        return "it is an ELF core of another machine than x86-64";
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum == PN_XNUM || header.e_phoff > size ||
        header.e_phnum > (size - header.e_phoff) / sizeof(Elf64_Phdr))
        return "its program headers are not where they are looked for";

    core->segments = memory_take(header.e_phnum * sizeof *core->segments);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr from;
        memcpy(&from, prefix + header.e_phoff + i * sizeof from, sizeof from);
        if (from.p_offset > INT64_MAX || from.p_filesz > INT64_MAX - from.p_offset)
            return "a program header has an impossible place";
        core->segments[core->count++] =
            (struct elf_segment){from.p_type, from.p_offset, from.p_vaddr, from.p_paddr, from.p_filesz};
    }
    return NULL;
}

uint64_t elf_core_length_on_disk(const struct disk *disk, uint64_t lba)
{
    uint64_t left = disk->blocks - lba, most = PREFIX_SIZE / disk->block_size;
    size_t size = (size_t)(left < most ? left : most) * disk->block_size;
    uint8_t *prefix = disk_buffer(size);
    struct elf_core core = {.file = -1};
    bool good = disk_read(disk, lba, prefix, size) && !parse(&core, prefix, size);
    free(prefix);

    uint64_t end = 0;
    for (unsigned i = 0; good && i < core.count; i++) {
        uint64_t segment_end = core.segments[i].offset + core.segments[i].size;
        end = segment_end > end ? segment_end : end;
    }
    elf_core_close(&core);
    return end;
}

/* ---- VMCOREINFO ---- */

/* Of a segment's notes, the text of the one that has it. */
static char *find_info(const uint8_t *notes, size_t size)
{
    for (size_t at = 0; size - at >= sizeof(Elf64_Nhdr);) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;

        size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3, text = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        if (name > size - at || text > size - at - name)
            return NULL;
        if (note.n_namesz == sizeof INFO_NAME && memcmp(notes + at, INFO_NAME, sizeof INFO_NAME) == 0) {
            char *info = memory_take(note.n_descsz + 1);
            memcpy(info, notes + at + name, note.n_descsz);
            info[note.n_descsz] = '\0';
            return info;
        }
        at += name + text;
    }
    return NULL;
}

static void look_for_info(struct elf_core *core)
{
    for (unsigned i = 0; i < core->count && !core->info; i++) {
        const struct elf_segment *segment = &core->segments[i];
        if (segment->type != PT_NOTE || segment->size > NOTES_MOST)
            continue;
        uint8_t *notes = memory_take((size_t)segment->size);
        if (read_at(core->file, segment->offset, notes, (size_t)segment->size))
            core->info = find_info(notes, (size_t)segment->size);
        free(notes);
    }
}

bool elf_core_number(const struct elf_core *core, const char *key, int base, uint64_t *value)
{
    size_t length = strlen(key);
    for (const char *line = core->info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        char *end;
        *value = strtoull(line + length + 1, &end, base);
        return end != line + length + 1 && (*end == '\n' || *end == '\0');
    }
    return false;
}

const char *elf_core_open(struct elf_core *core, int file)
{
    *core = (struct elf_core){.file = file};
    uint8_t *prefix = memory_take(PREFIX_SIZE);
    ssize_t size = pread(file, prefix, PREFIX_SIZE, 0);
    const char *why = size < 0 ? "it cannot be read" : parse(core, prefix, (size_t)size);
    free(prefix);
    if (why)
        return why;

    look_for_info(core);
    if (!core->info)
        return "it has no VMCOREINFO";
    elf_core_number(core, "NUMBER(phys_base)", 10, &core->phys_base);
    return NULL;
}

void elf_core_close(struct elf_core *core)
{
    free(core->segments);
    free(core->info);
    *core = (struct elf_core){.file = -1};
}

/* ---- memory ---- */

/* The segment that has the byte, and its place in there. The kernel's image is looked for by its physical address, too. */
static const struct elf_segment *segment_of(const struct elf_core *core, uint64_t address, uint64_t *place)
{
    for (unsigned i = 0; i < core->count; i++) {
        const struct elf_segment *segment = &core->segments[i];
        *place = address - segment->virtual;
        if (segment->type == PT_LOAD && segment->virtual && *place < segment->size)
            return segment;
    }

    for (unsigned i = 0; i < core->count && address >= KERNEL_START; i++) {
        const struct elf_segment *segment = &core->segments[i];
        *place = address - KERNEL_START + core->phys_base - segment->physical;
        if (segment->type == PT_LOAD && *place < segment->size)
            return segment;
    }
    return NULL;
}

bool elf_core_read(const struct elf_core *core, uint64_t address, void *to, size_t length)
{
    for (size_t at = 0, count; at < length; at += count) {
        uint64_t place;
        const struct elf_segment *segment = segment_of(core, address + at, &place);
        if (!segment)
            return false;
        uint64_t left = segment->size - place;
        count = left < length - at ? (size_t)left : length - at;
        if (!read_at(core->file, segment->offset + place, (uint8_t *)to + at, count))
            return false;
    }
    return true;
}
