/* SPDX-License-Identifier: BSD-2-Clause */
/* The copper cards whose reset, EEPROM and PHY the driver handles. Fibre and SerDes variants need a link setup of their own. */
#include "nicdrv/e1000.h"

#define PCI_VENDOR_INTEL 0x8086

#define FAMILY_82540   (TRAIT_EERD_8254X | TRAIT_MANC | TRAIT_IO_RESET)
#define FAMILY_82541   (FAMILY_82541_2 | TRAIT_PHY_FIRST)
#define FAMILY_82541_2 (FAMILY_82547_2 | TRAIT_IO_RESET)
#define FAMILY_82544   (TRAIT_EERD_8254X | TRAIT_DWORD_END | TRAIT_IO_RESET | TRAIT_EE_RST)
#define FAMILY_82545GM (TRAIT_EERD_8254X | TRAIT_MANC | TRAIT_CTRL_DUP)
#define FAMILY_82546EB (FAMILY_82540 | TRAIT_TWO_PORTS)
#define FAMILY_82546GB (FAMILY_82545GM | TRAIT_TWO_PORTS)
#define FAMILY_82547   (FAMILY_82547_2 | TRAIT_PHY_FIRST | TRAIT_FUSES)
#define FAMILY_82547_2 (TRAIT_SLOW_NVM | TRAIT_MANC)
#define FAMILY_82571   (TRAIT_PCIE | TRAIT_SWSM | TRAIT_TWO_PORTS | TRAIT_82571)
#define FAMILY_82572   (TRAIT_PCIE | TRAIT_SWSM | TRAIT_82572)
#define FAMILY_82573                                                                                                             \
    (TRAIT_PCIE | TRAIT_SWSM | TRAIT_MDIO_OWNERSHIP | TRAIT_DRV_LOAD_SWSM | TRAIT_ASPM_HANGS | TRAIT_NO_JUMBO | TRAIT_82573)
#define FAMILY_82574 (TRAIT_PCIE | TRAIT_MDIO_OWNERSHIP | TRAIT_ASPM_HANGS | TRAIT_82574)

/* clang-format off */
static const struct e1000_model models[] = {
    {FAMILY_82544,                   0x1008, "82544EI"},
    {FAMILY_82544,                   0x100C, "82544GC"},
    {FAMILY_82544,                   0x100D, "82544GC LOM"},
    {FAMILY_82540,                   0x100E, "82540EM"},
    {FAMILY_82540,                   0x100F, "82545EM"},
    {FAMILY_82546EB,                 0x1010, "82546EB"},
    {FAMILY_82541,                   0x1013, "82541EI"},
    {FAMILY_82541,                   0x1014, "82541ER LOM"},
    {FAMILY_82540,                   0x1015, "82540EM LOM"},
    {FAMILY_82540,                   0x1016, "82540EP LOM"},
    {FAMILY_82540,                   0x1017, "82540EP"},
    {FAMILY_82541,                   0x1018, "82541EI mobile"},
    {FAMILY_82547,                   0x1019, "82547EI"},
    {FAMILY_82547,                   0x101A, "82547EI mobile"},
    {FAMILY_82546EB,                 0x101D, "82546EB quad"},
    {FAMILY_82540,                   0x101E, "82540EP LP"},
    {FAMILY_82545GM,                 0x1026, "82545GM"},
    {FAMILY_82571,                   0x105E, "82571EB"},
    {FAMILY_82547_2,                 0x1075, "82547GI"},
    {FAMILY_82541_2,                 0x1076, "82541GI"},
    {FAMILY_82541_2,                 0x1077, "82541GI mobile"},
    {FAMILY_82541_2,                 0x1078, "82541ER"},
    {FAMILY_82546GB,                 0x1079, "82546GB"},
    {FAMILY_82541_2,                 0x107C, "82541PI"},
    {FAMILY_82572,                   0x107D, "82572EI"},
    {FAMILY_82546GB,                 0x108A, "82546GB PCIe"},
    {FAMILY_82573,                   0x108B, "82573E"},
    {FAMILY_82573,                   0x108C, "82573E IAMT"},
    {FAMILY_82546GB | TRAIT_QUAD,    0x1099, "82546GB quad"},
    {FAMILY_82573,                   0x109A, "82573L"},
    {FAMILY_82571,                   0x10A4, "82571EB quad"},
    {FAMILY_82546GB | TRAIT_QUAD,    0x10B5, "82546GB quad KSP3"},
    {FAMILY_82572,                   0x10B9, "82572EI"},
    {FAMILY_82571,                   0x10BC, "82571EB quad LP"},
    {FAMILY_82574,                   0x10D3, "82574L"},
    {FAMILY_82571,                   0x10D5, "82571PT quad"},
    {FAMILY_82574,                   0x10F6, "82574LA"},
    {FAMILY_82574 | TRAIT_NO_JUMBO,  0x150C, "82583V"},
};
/* clang-format on */

const struct e1000_model *e1000_find_model(const struct pci_device *device)
{
    if (device->vendor_id != PCI_VENDOR_INTEL)
        return NULL;
    for (unsigned i = 0; i < sizeof models / sizeof *models; i++)
        if (models[i].device_id == device->device_id)
            return &models[i];
    return NULL;
}
