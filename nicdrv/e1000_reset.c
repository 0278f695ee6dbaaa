/* SPDX-License-Identifier: BSD-2-Clause */
/* From whatever state a ROM or an OS left the card in to a quiet one. */
#include "nicdrv/e1000.h"
#include "nicdrv/pci.h"

#define MASTER_DISABLE_MS 80 /* longer than the completion timeout of 50 ms */
#define RESET_MS          100
#define NVM_READ_MS       20
#define FIRMWARE_MS       100
#define OWNERSHIP_MS      50
#define STICKY_PROBE_US   100
#define GONE              0xFFFFFFFFu /* what a read gives when no device answers */

bool e1000_wait(const struct e1000 *e1000, uint32_t offset, uint32_t mask, uint32_t value, uint32_t milliseconds)
{
    deadline_t deadline = deadline_after_ms(milliseconds);
    for (;;) {
        bool late = deadline_passed(deadline);
        if ((e1000_read(e1000, offset) & mask) == value)
            return true;
        if (late)
            return false;
        platform_stall_us(10);
    }
}

bool e1000_set_sticky_bit(const struct e1000 *e1000, uint32_t offset, uint32_t bit, uint32_t milliseconds)
{
    deadline_t deadline = deadline_after_ms(milliseconds);
    do {
        e1000_write(e1000, offset, e1000_read(e1000, offset) | bit);
        if (e1000_read(e1000, offset) & bit)
            return true;
        platform_stall_us(STICKY_PROBE_US);
    } while (!deadline_passed(deadline));
    return false;
}

/*
 * A PCI Express card that is reset while a read of its own is under way may hang the bus. When the card does not let go in time
 * it is reset nevertheless, as there is no other way on.
 */
static void disable_master(const struct e1000 *e1000)
{
    e1000_write(e1000, E1000_CTRL, e1000_read(e1000, E1000_CTRL) | E1000_CTRL_GIO_MASTER_DISABLE);
    e1000_wait(e1000, E1000_STATUS, E1000_STATUS_GIO_MASTER_ENABLE, 0, MASTER_DISABLE_MS);
}

/* The EEPROM's contents reach RAL/RAH and the PHY by themselves; registers are ours only afterwards. */
static void wait_for_nvm(const struct e1000 *e1000)
{
    if (!e1000_has(e1000, TRAIT_PCIE)) {
        platform_stall_us(e1000_has(e1000, TRAIT_SLOW_NVM) ? 20000 : 5000);
        return;
    }

    e1000_wait(e1000, E1000_EECD, E1000_EECD_AUTO_RD, E1000_EECD_AUTO_RD, NVM_READ_MS);
    if (!e1000_has(e1000, TRAIT_MDIO_OWNERSHIP)) {
        /* Without firmware CFG_DONE never comes, which is no error. */
        uint32_t done =
            E1000_STATUS_FUNCTION_ID(e1000_read(e1000, E1000_STATUS)) ? E1000_EEMNGCTL_CFG_DONE1 : E1000_EEMNGCTL_CFG_DONE0;
        e1000_wait(e1000, E1000_EEMNGCTL, done, done, FIRMWARE_MS);
    } else {
        platform_stall_us(25000); /* the PHY's configuration starts when AUTO_RD is set, and has no flag */
    }
}

/*
 * By the I/O BAR. False where there is none, or where it does not lead to this card: the firmware may not have given it ports,
 * nor a bridge let them pass, and QEMU's has none behind it.
 */
static bool write_by_port(const struct e1000 *e1000, uint32_t offset, uint32_t value)
{
    struct pci_device *device = e1000->device;
    unsigned bar = pci_find_port_bar(device);
    if (!bar || platform_map_registers(device, bar) != OK)
        return false;
    platform_register_write32(device, bar, E1000_IOADDR, offset);
    if (platform_register_read32(device, bar, E1000_IODATA) != e1000_read(e1000, offset))
        return false;
    platform_register_write32(device, bar, E1000_IODATA, value);
    return true;
}

/*
 * Parts that cannot acknowledge a 64-bit write while they reset, as bridges may make of it, are asked by port, or by the shadow
 * of CTRL (e1000_reset_hw_82540() and e1000_reset_hw_82541() of FreeBSD's sys/dev/e1000).
 */
static void ask_for_reset(const struct e1000 *e1000)
{
    uint32_t ctrl = e1000_read(e1000, E1000_CTRL);
    if (e1000_has(e1000, TRAIT_PHY_FIRST)) {
        e1000_write(e1000, E1000_CTRL, ctrl | E1000_CTRL_PHY_RST);
        e1000_read(e1000, E1000_STATUS);
        platform_stall_us(5000);
    }

    if (!e1000_has(e1000, TRAIT_IO_RESET) || !write_by_port(e1000, E1000_CTRL, ctrl | E1000_CTRL_RST))
        e1000_write(e1000, e1000_has(e1000, TRAIT_CTRL_DUP) ? E1000_CTRL_DUP : E1000_CTRL, ctrl | E1000_CTRL_RST);
    platform_stall_us(1000); /* at least 1 µs without an access, SDM 13.4.1; on PCI-X an early read is never answered */
}

/* Where a reset does not do so: on the 82544, and where the NVM is a flash (e1000_reset_hw_82543(), e1000_reset_hw_82571()). */
static void reread_nvm(const struct e1000 *e1000)
{
    bool flash = e1000_has(e1000, TRAIT_MDIO_OWNERSHIP) && (e1000_read(e1000, E1000_EECD) & E1000_EECD_FLASH) == E1000_EECD_FLASH;
    if (!flash && !e1000_has(e1000, TRAIT_EE_RST))
        return;
    e1000_write(e1000, E1000_CTRL_EXT, e1000_read(e1000, E1000_CTRL_EXT) | E1000_CTRL_EXT_EE_RST);
    e1000_read(e1000, E1000_STATUS);
}

enum status e1000_reset(const struct e1000 *e1000)
{
    if (e1000_read(e1000, E1000_STATUS) == GONE)
        return fail(E_NIC_REGISTERS, "%s: STATUS reads ffffffff", e1000->model->name);

    bool hears = e1000_read(e1000, E1000_RCTL) & E1000_RCTL_EN, works = hears || e1000_read(e1000, E1000_TCTL) & E1000_TCTL_EN;
    e1000_write(e1000, E1000_IMC, E1000_IMC_ALL);
    if (hears) /* else not touched: an emulated 8254x receives nothing for a second after any write */
        e1000_write(e1000, E1000_RCTL, 0);
    e1000_write(e1000, E1000_TCTL, E1000_TCTL_PSP);
    e1000_read(e1000, E1000_STATUS); /* posted writes reach the card before time counts */
    if (e1000_has(e1000, TRAIT_PCIE)) {
        pci_disable_aspm(e1000->device, e1000_has(e1000, TRAIT_ASPM_HANGS) ? PCIE_ASPM_L0S | PCIE_ASPM_L1 : PCIE_ASPM_L1);
        disable_master(e1000);
    } else if (!e1000_has(e1000, TRAIT_CTRL_DUP)) {
        pci_limit_pcix_reads(e1000->device); /* more hangs all but the 82545GM and 82546GB (Linux, e1000_init_hw()) */
    }
    if (works)
        platform_stall_us(10000); /* frames under way */

    /* The firmware must not be talking to the PHY meanwhile; the reset itself ends our ownership. */
    if (e1000_has(e1000, TRAIT_MDIO_OWNERSHIP))
        e1000_set_sticky_bit(e1000, E1000_EXTCNF_CTRL, E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP, OWNERSHIP_MS);
    ask_for_reset(e1000);
    if (!e1000_wait(e1000, E1000_CTRL, E1000_CTRL_RST, 0, RESET_MS))
        return fail(E_NIC_RESET, "%s: CTRL reads %08x, RST still set after %u ms", e1000->model->name,
                    (unsigned)e1000_read(e1000, E1000_CTRL), RESET_MS);
    reread_nvm(e1000);
    wait_for_nvm(e1000);
    if (e1000_has(e1000, TRAIT_MDIO_OWNERSHIP))
        e1000_write(e1000, E1000_EXTCNF_CTRL, e1000_read(e1000, E1000_EXTCNF_CTRL) & ~E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP);

    e1000_write(e1000, E1000_IMC, E1000_IMC_ALL); /* the reset may have brought them back from the EEPROM */
    e1000_read(e1000, E1000_ICR);
    e1000_apply_quirks(e1000);
    if (e1000_has(e1000, TRAIT_PHY_FIRST))
        e1000_set_up_phy(e1000);
    return OK;
}

void e1000_announce_driver(const struct e1000 *e1000, bool loaded)
{
    if (!e1000_has(e1000, TRAIT_PCIE))
        return;
    bool in_swsm = e1000_has(e1000, TRAIT_DRV_LOAD_SWSM);
    uint32_t offset = in_swsm ? E1000_SWSM : E1000_CTRL_EXT;
    uint32_t bit = in_swsm ? E1000_SWSM_DRV_LOAD : E1000_CTRL_EXT_DRV_LOAD;
    uint32_t value = e1000_read(e1000, offset);
    e1000_write(e1000, offset, loaded ? value | bit : value & ~bit);
}
