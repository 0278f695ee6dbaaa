/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What errata demand of a part's registers after each reset. The bits that no data sheet names are from Intel's own drivers,
 * where the specification updates only say that the driver sets them: e1000_initialize_hw_bits_82571() and e1000_init_hw_82571()
 * of e1000_82571.c, e1000_init_hw_82540() of e1000_82540.c (FreeBSD, sys/dev/e1000; Linux, e1000e/82571.c).
 */
#include "nicdrv/e1000.h"

#define BIT(number)       (1u << (number))
#define BITS(first, last) (BIT((last) + 1) - BIT(first)) /* both included; the last is at most 30 */

#define TWO_QUEUES (TRAIT_82571 | TRAIT_82572)
#define ONE_PORT   (TRAIT_82573 | TRAIT_82574)

/* clang-format off */
static const struct {
    uint32_t parts, clear, set;
    uint16_t offset;
} quirks[] = {
    /* REQ and GNT, which are left from before, keep EERD from the EEPROM. */
    {TWO_QUEUES, BIT(6) | BIT(7), 0, E1000_EECD},
    /* Arbitration of the transmit queues: weights of 0, and errata. Of bit 28 below. */
    {TWO_QUEUES, BITS(27, 30), BITS(23, 26), E1000_TARC0},
    {TWO_QUEUES, BITS(28, 30), BIT(22) | BITS(24, 26), E1000_TARC1},
    {TRAIT_82573, BITS(27, 30), 0, E1000_TARC0},
    {TRAIT_82574, BITS(27, 30), BIT(26), E1000_TARC0},
    /* The second queue writes back as the first does, which is set when it starts. */
    {TWO_QUEUES, BITS(16, 21), E1000_TXDCTL_WTHRESH_1 | E1000_TXDCTL_COUNT_DESC | E1000_TXDCTL_GRAN, E1000_TXDCTL1},
    {ONE_PORT, 0, E1000_TXDCTL_COUNT_DESC, E1000_TXDCTL1},
    /* DMA_DYN_CLK_EN: with its clock gated, DMA hangs. */
    {TWO_QUEUES, BIT(19), 0, E1000_CTRL_EXT},
    {ONE_PORT, BIT(23), BIT(22), E1000_CTRL_EXT},
    {ONE_PORT, BIT(29), 0, E1000_CTRL},
    /* ECC of the packet buffer corrects. */
    {TRAIT_82571, 0, BIT(0), E1000_PBA_ECC},
    /* IPV6_EX_DIS and NEW_IPV6_EXT_DIS: a malformed extension header hangs the receiver. */
    {TRAIT_82571 | TRAIT_82572 | TRAIT_82573, ~0u, BIT(16) | BIT(17), E1000_RFCTL},
    /* Descriptors of another form, which an OS may have set: QEMU's keeps this over a reset. */
    {TRAIT_82574, ~0u, 0, E1000_RFCTL},
    /* Completions that come late or damaged, under ASPM above all: transmit hangs. */
    {TRAIT_82574, 0, BIT(22), E1000_GCR},
    {TRAIT_82574, 0, BIT(0), E1000_GCR2},
    /* RO_DIS: relaxed ordering ends in parity errors in a PCI slot. */
    {TRAIT_QUAD, 0, BIT(17), E1000_CTRL_EXT},
};
/* clang-format on */

static void change_bits(const struct e1000 *e1000, uint32_t offset, uint32_t clear, uint32_t set)
{
    e1000_write(e1000, offset, (e1000_read(e1000, offset) & ~clear) | set);
}

void e1000_apply_quirks(const struct e1000 *e1000)
{
    for (unsigned i = 0; i < sizeof quirks / sizeof *quirks; i++)
        if (e1000->model->traits & quirks[i].parts)
            change_bits(e1000, quirks[i].offset, quirks[i].clear, quirks[i].set);

    /* Several requests at once go with this bit clear. */
    if (e1000->model->traits & TWO_QUEUES && !(e1000_read(e1000, E1000_TCTL) & E1000_TCTL_MULR))
        change_bits(e1000, E1000_TARC1, 0, BIT(28));
}
