/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printk's ring (Documentation of the kernel: kernel/printk/printk_ringbuffer.c tells its structure): descriptors, an array of
 * facts for each, and a ring of text to which descriptors refer by ever-growing positions. All offsets come from VMCOREINFO.
 */
#include "tools/savecore/dmesg.h"

#include <inttypes.h>
#include <stdlib.h>

#include "platform/bytes.h"
#include "tools/common/memory.h"
#include "tools/savecore/elf_core.h"

#define STRUCTURE_MOST (64 * KIB)  /* of any structure that VMCOREINFO tells the size of */
#define COUNT_BITS     20          /* records: what a kernel is configured for at most, as the next */
#define SIZE_BITS      25          /* bytes of text */
#define OUTPUT_MOST    (256 * MIB) /* records of a spoilt ring may all have the same text */
#define ID_BITS        62          /* of a descriptor's state; above them stands what it is used for */
#define ID_MASK        ((UINT64_C(1) << ID_BITS) - 1)
#define COMMITTED      1
#define FINALIZED      2
#define DATALESS       1 /* this bit is set in the positions of a record without text */
#define ID_SIZE        8 /* stands before each text */

/* Where members are, as VMCOREINFO has it. */
struct layout {
    uint64_t prb, ring_size, desc_ring, text_ring;
    uint64_t count_bits, descs, infos, head_id, tail_id;
    uint64_t desc_size, state, positions, begin, next;
    uint64_t info_size, time, text_length;
    uint64_t size_bits, data, counter;
};

struct ring {
    const struct elf_core *core;
    struct layout at;
    uint64_t count, size; /* records; bytes of text */
    uint64_t descs, infos, data, head, tail;
};

static bool read_layout(const struct elf_core *core, struct layout *layout)
{
    /* clang-format off */
    const struct {
        const char *key;
        uint64_t *value;
    } members[] = {
        {"SIZE(printk_ringbuffer)", &layout->ring_size},
        {"OFFSET(printk_ringbuffer.desc_ring)", &layout->desc_ring},
        {"OFFSET(printk_ringbuffer.text_data_ring)", &layout->text_ring},
        {"OFFSET(prb_desc_ring.count_bits)", &layout->count_bits},
        {"OFFSET(prb_desc_ring.descs)", &layout->descs},
        {"OFFSET(prb_desc_ring.infos)", &layout->infos},
        {"OFFSET(prb_desc_ring.head_id)", &layout->head_id},
        {"OFFSET(prb_desc_ring.tail_id)", &layout->tail_id},
        {"SIZE(prb_desc)", &layout->desc_size},
        {"OFFSET(prb_desc.state_var)", &layout->state},
        {"OFFSET(prb_desc.text_blk_lpos)", &layout->positions},
        {"OFFSET(prb_data_blk_lpos.begin)", &layout->begin},
        {"OFFSET(prb_data_blk_lpos.next)", &layout->next},
        {"SIZE(printk_info)", &layout->info_size},
        {"OFFSET(printk_info.ts_nsec)", &layout->time},
        {"OFFSET(printk_info.text_len)", &layout->text_length},
        {"OFFSET(prb_data_ring.size_bits)", &layout->size_bits},
        {"OFFSET(prb_data_ring.data)", &layout->data},
        {"OFFSET(atomic_long_t.counter)", &layout->counter},
    };
    /* clang-format on */

    for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
        if (!elf_core_number(core, members[i].key, 10, members[i].value) || *members[i].value > STRUCTURE_MOST)
            return false;
    return elf_core_number(core, "SYMBOL(prb)", 16, &layout->prb);
}

static bool read_number(const struct ring *ring, uint64_t address, uint64_t *value)
{
    uint8_t bytes[8];
    bool good = elf_core_read(ring->core, address, bytes, sizeof bytes);
    *value = good ? get_le64(bytes) : 0;
    return good;
}

static bool read_half(const struct ring *ring, uint64_t address, uint64_t *value)
{
    bool good = read_number(ring, address, value);
    *value &= UINT32_MAX;
    return good;
}

static const char *find_ring(struct ring *ring)
{
    const struct layout *at = &ring->at;
    if (!read_layout(ring->core, &ring->at))
        return "its VMCOREINFO tells of no printk ring as Linux 5.10 and later have it";
    uint64_t prb;
    if (!read_number(ring, at->prb, &prb))
        return "the kernel's data is not in it";

    uint64_t descs = prb + at->desc_ring, text = prb + at->text_ring, count_bits, size_bits;
    if (!read_half(ring, descs + at->count_bits, &count_bits) || !read_number(ring, descs + at->descs, &ring->descs) ||
        !read_number(ring, descs + at->infos, &ring->infos) ||
        !read_number(ring, descs + at->head_id + at->counter, &ring->head) ||
        !read_number(ring, descs + at->tail_id + at->counter, &ring->tail) ||
        !read_half(ring, text + at->size_bits, &size_bits) || !read_number(ring, text + at->data, &ring->data))
        return "the printk ring is not in it";

    if (count_bits > COUNT_BITS || size_bits > SIZE_BITS)
        return "the printk ring has an impossible size";
    ring->count = UINT64_C(1) << count_bits;
    ring->size = UINT64_C(1) << size_bits;
    return NULL;
}

/* ---- a record ---- */

/* The text's place in its ring, and at most *length bytes of it. False: there is none. */
static bool place_text(const struct ring *ring, uint64_t begin, uint64_t next, uint64_t *place, uint64_t *length)
{
    if ((begin & DATALESS) || (next & DATALESS))
        return false;

    bool is_in_one = begin / ring->size == (next - 1) / ring->size;
    uint64_t first = is_in_one ? begin % ring->size : 0; /* what would have wrapped begins anew */
    uint64_t end = (next - 1) % ring->size + 1;
    if (end < first + ID_SIZE)
        return false;
    *place = first + ID_SIZE;
    *length = *length < end - *place ? *length : end - *place;
    return true;
}

static uint64_t write_text(uint64_t nanoseconds, const uint8_t *text, uint64_t length, FILE *to)
{
    int indent = fprintf(to, "[%5" PRIu64 ".%06" PRIu64 "] ", nanoseconds / 1000000000, nanoseconds / 1000 % 1000000);
    for (uint64_t i = 0; i < length; i++)
        if (text[i] == '\n')
            fprintf(to, "\n%*s", indent, "");
        else if ((text[i] >= ' ' && text[i] <= '~') || text[i] == '\t')
            fputc(text[i], to);
        else
            fprintf(to, "\\x%02x", text[i]);
    fputc('\n', to);
    return (uint64_t)indent + 4 * length;
}

/* Adds to *written at most how many bytes it became. False: the descriptors are not in the core. */
static bool write_record(const struct ring *ring, uint64_t id, FILE *to, uint64_t *written)
{
    const struct layout *at = &ring->at;
    uint64_t desc = ring->descs + id % ring->count * at->desc_size, info = ring->infos + id % ring->count * at->info_size;
    uint64_t state, begin, next;
    if (!read_number(ring, desc + at->state + at->counter, &state) ||
        !read_number(ring, desc + at->positions + at->begin, &begin) ||
        !read_number(ring, desc + at->positions + at->next, &next))
        return false;
    if ((state & ID_MASK) != id || (state >> ID_BITS != COMMITTED && state >> ID_BITS != FINALIZED))
        return true;

    uint64_t time, length, place;
    if (!read_number(ring, info + at->time, &time) || !read_number(ring, info + at->text_length, &length))
        return false;
    length &= UINT16_MAX;
    if (!place_text(ring, begin, next, &place, &length))
        length = 0;

    uint8_t *text = memory_take((size_t)length);
    if (length == 0 || elf_core_read(ring->core, ring->data + place, text, (size_t)length))
        *written += write_text(time, text, length, to);
    free(text);
    return true;
}

const char *dmesg_write(int file, FILE *to)
{
    struct elf_core core;
    struct ring ring = {.core = &core};
    const char *why = elf_core_open(&core, file);
    if (!why)
        why = find_ring(&ring);

    uint64_t id = ring.tail & ID_MASK, end = (ring.head + 1) & ID_MASK, written = 0;
    for (uint64_t i = 0; !why && i < ring.count && id != end && written < OUTPUT_MOST; i++, id = (id + 1) & ID_MASK)
        if (!write_record(&ring, id, to, &written))
            break;
    if (!why && written == 0)
        why = "the printk ring is empty";
    elf_core_close(&core);
    return why;
}
