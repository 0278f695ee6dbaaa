/* SPDX-License-Identifier: BSD-2-Clause */
/* The copper cards whose reset, EEPROM and PHY the driver handles. Fibre and SerDes variants need a link setup of their own. */
#include "nicdrv/e1000.h"

#define PCI_VENDOR_INTEL 0x8086

#define FAMILY_82540 (TRAIT_EERD_8254X | TRAIT_MANC)
#define FAMILY_82541 (TRAIT_SLOW_NVM | TRAIT_MANC)
#define FAMILY_82544 (TRAIT_EERD_8254X | TRAIT_DWORD_END)
#define FAMILY_82546 (FAMILY_82540 | TRAIT_TWO_PORTS)
#define FAMILY_82571 (TRAIT_PCIE | TRAIT_SWSM | TRAIT_TWO_PORTS)
#define FAMILY_82573 (TRAIT_PCIE | TRAIT_MDIO_OWNERSHIP | TRAIT_DRV_LOAD_SWSM | TRAIT_ASPM_HANGS | TRAIT_NO_JUMBO)
#define FAMILY_82574 (TRAIT_PCIE | TRAIT_MDIO_OWNERSHIP | TRAIT_ASPM_HANGS)

/* clang-format off */
static const struct e1000_model models[] = {
    {0x1008, FAMILY_82544,                  "82544EI"},
    {0x100C, FAMILY_82544,                  "82544GC"},
    {0x100D, FAMILY_82544,                  "82544GC LOM"},
    {0x100E, FAMILY_82540,                  "82540EM"},
    {0x100F, FAMILY_82540,                  "82545EM"},
    {0x1010, FAMILY_82546,                  "82546EB"},
    {0x1013, FAMILY_82541,                  "82541EI"},
    {0x1014, FAMILY_82541,                  "82541ER LOM"},
    {0x1015, FAMILY_82540,                  "82540EM LOM"},
    {0x1016, FAMILY_82540,                  "82540EP LOM"},
    {0x1017, FAMILY_82540,                  "82540EP"},
    {0x1018, FAMILY_82541,                  "82541EI mobile"},
    {0x1019, FAMILY_82541,                  "82547EI"},
    {0x101A, FAMILY_82541,                  "82547EI mobile"},
    {0x101D, FAMILY_82546,                  "82546EB quad"},
    {0x101E, FAMILY_82540,                  "82540EP LP"},
    {0x1026, FAMILY_82540,                  "82545GM"},
    {0x105E, FAMILY_82571,                  "82571EB"},
    {0x1075, FAMILY_82541,                  "82547GI"},
    {0x1076, FAMILY_82541,                  "82541GI"},
    {0x1077, FAMILY_82541,                  "82541GI mobile"},
    {0x1078, FAMILY_82541,                  "82541ER"},
    {0x1079, FAMILY_82546,                  "82546GB"},
    {0x107C, FAMILY_82541,                  "82541PI"},
    {0x107D, FAMILY_82571,                  "82572EI"},
    {0x108A, FAMILY_82546,                  "82546GB PCIe"},
    {0x108B, FAMILY_82573,                  "82573E"},
    {0x108C, FAMILY_82573,                  "82573E IAMT"},
    {0x1099, FAMILY_82546,                  "82546GB quad"},
    {0x109A, FAMILY_82573,                  "82573L"},
    {0x10A4, FAMILY_82571,                  "82571EB quad"},
    {0x10B5, FAMILY_82546,                  "82546GB quad KSP3"},
    {0x10B9, FAMILY_82571,                  "82572EI"},
    {0x10BC, FAMILY_82571,                  "82571EB quad LP"},
    {0x10D3, FAMILY_82574,                  "82574L"},
    {0x10D5, FAMILY_82571,                  "82571PT quad"},
    {0x10F6, FAMILY_82574,                  "82574LA"},
    {0x150C, FAMILY_82574 | TRAIT_NO_JUMBO, "82583V"},
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
