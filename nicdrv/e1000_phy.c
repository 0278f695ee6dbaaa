/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link. The copper PHYs negotiate by themselves once they are awake; the MAC takes speed and duplex from them. The link
 * survives CTRL.RST, so the PHY is left alone unless it sleeps.
 */
#include "nicdrv/e1000.h"

#define MDIC_MS      5
#define SEMAPHORE_MS 50

/* Reads or writes a register of the PHY: `command` is E1000_MDIC_OP_READ, or E1000_MDIC_OP_WRITE with what to write. */
static bool access_phy(const struct e1000 *e1000, uint32_t number, uint32_t command, uint16_t *data)
{
    e1000_write(e1000, E1000_MDIC,
                command | E1000_PHY_ADDRESS << E1000_MDIC_PHYADD_SHIFT |
                    (number & E1000_PHY_REGISTER) << E1000_MDIC_REGADD_SHIFT);
    if (!e1000_wait(e1000, E1000_MDIC, E1000_MDIC_READY, E1000_MDIC_READY, MDIC_MS))
        return false;
    uint32_t answer = e1000_read(e1000, E1000_MDIC);
    *data = answer & E1000_MDIC_DATA;
    return !(answer & E1000_MDIC_ERROR);
}

static void wake_phy(const struct e1000 *e1000)
{
    uint16_t control;
    if (!access_phy(e1000, E1000_PHY_CONTROL, E1000_MDIC_OP_READ, &control))
        return;
    if ((control & (E1000_PHY_CONTROL_POWER_DOWN | E1000_PHY_CONTROL_ISOLATE)) == 0 && control & E1000_PHY_CONTROL_AUTONEGOTIATE)
        return;
    access_phy(e1000, E1000_PHY_CONTROL, E1000_MDIC_OP_WRITE | E1000_PHY_CONTROL_AUTONEGOTIATE | E1000_PHY_CONTROL_RESTART,
               &control);
}

/* ---- the 82541's and 82547's ---- */

#define PHY_TRANSMITTER  0x2F5B
#define PHY_FUSES        0x20D0
#define PHY_SPARE_FUSES  0x20D1
#define PHY_FUSE_CONTROL 0x20DC
#define PHY_FUSE_BYPASS  0x20DE
#define FUSES_ARE_SPARE  0x0100
#define FUSES_FINE       0x0F80
#define FUSES_COARSE     0x0070
#define FUSES_COARSE_TOP 0x0040
#define FUSES_OTHERS     0xF000

static bool access_page(const struct e1000 *e1000, uint32_t number, uint32_t command, uint16_t *data)
{
    uint16_t ignored;
    return access_phy(e1000, E1000_PHY_PAGE_SELECT, E1000_MDIC_OP_WRITE | number, &ignored) &&
           access_phy(e1000, number, command, data);
}

/* The 82547's: what was burnt in too high is taken lower, unless the spare fuses say that it is right. */
static void trim_fuses(const struct e1000 *e1000)
{
    uint16_t spare = FUSES_ARE_SPARE, fuses = 0, ignored;
    access_page(e1000, PHY_SPARE_FUSES, E1000_MDIC_OP_READ, &spare);
    if (spare & FUSES_ARE_SPARE || !access_page(e1000, PHY_FUSES, E1000_MDIC_OP_READ, &fuses))
        return;

    uint32_t fine = fuses & FUSES_FINE, coarse = fuses & FUSES_COARSE;
    if (coarse > FUSES_COARSE_TOP) {
        coarse -= 0x10;
        fine -= 0x80;
    } else if (coarse == FUSES_COARSE_TOP) {
        fine -= 0x500;
    }
    fuses = (uint16_t)((fuses & FUSES_OTHERS) | (fine & FUSES_FINE) | coarse);
    access_page(e1000, PHY_FUSE_CONTROL, E1000_MDIC_OP_WRITE | fuses, &ignored);
    access_page(e1000, PHY_FUSE_BYPASS, E1000_MDIC_OP_WRITE | 2, &ignored);
}

/* The numbers are e1000_phy_init_script_82541()'s of FreeBSD's e1000_82541.c; no data sheet explains them. */
void e1000_set_up_phy(const struct e1000 *e1000)
{
    static const uint16_t script[][2] = {
        {0x1F95, 0x0001}, {0x1F71, 0xBD21}, {0x1F79, 0x0018}, {0x1F30, 0x1600}, {0x1F31, 0x0014},
        {0x1F32, 0x161C}, {0x1F94, 0x0003}, {0x1F96, 0x003F}, {0x2010, 0x0008},
    };
    uint16_t transmitter = 0, ignored;
    platform_stall_us(20000);
    access_page(e1000, PHY_TRANSMITTER, E1000_MDIC_OP_READ, &transmitter);
    access_page(e1000, PHY_TRANSMITTER, E1000_MDIC_OP_WRITE | 3, &ignored);
    platform_stall_us(20000);
    access_page(e1000, E1000_PHY_CONTROL, E1000_MDIC_OP_WRITE | 0x0140, &ignored);
    platform_stall_us(5000);

    for (unsigned i = 0; i < sizeof script / sizeof *script; i++)
        access_page(e1000, script[i][0], E1000_MDIC_OP_WRITE | script[i][1], &ignored);
    access_page(e1000, E1000_PHY_CONTROL, E1000_MDIC_OP_WRITE | 0x3300, &ignored);
    platform_stall_us(20000);
    access_page(e1000, PHY_TRANSMITTER, E1000_MDIC_OP_WRITE | transmitter, &ignored);
    if (e1000_has(e1000, TRAIT_FUSES))
        trim_fuses(e1000);
}

/* ---- whose it is ---- */

static void clear_bits(const struct e1000 *e1000, uint32_t offset, uint32_t bits)
{
    e1000_write(e1000, offset, e1000_read(e1000, offset) & ~bits);
}

/*
 * Firmware and the other port use it, too. SWSM.SMBI is the other port's as long as it reads 1, and so not ours to clear; where
 * there is none a boot ROM has forgotten it (e1000_init_mac_params_82571() of FreeBSD's e1000_82571.c).
 * SWESMBI and EXTCNF_CTRL's ownership stick only while the firmware stays away. What was taken is given back when the next is
 * not to be had.
 */
static bool take_phy(const struct e1000 *e1000)
{
    bool semaphore = e1000_has(e1000, TRAIT_SWSM);
    if (semaphore && !e1000_has(e1000, TRAIT_TWO_PORTS))
        clear_bits(e1000, E1000_SWSM, E1000_SWSM_SMBI);
    if (semaphore && !e1000_wait(e1000, E1000_SWSM, E1000_SWSM_SMBI, 0, SEMAPHORE_MS))
        return false;
    if ((!semaphore || e1000_set_sticky_bit(e1000, E1000_SWSM, E1000_SWSM_SWESMBI, SEMAPHORE_MS)) &&
        (!e1000_has(e1000, TRAIT_MDIO_OWNERSHIP) ||
         e1000_set_sticky_bit(e1000, E1000_EXTCNF_CTRL, E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP, SEMAPHORE_MS)))
        return true;
    if (semaphore)
        clear_bits(e1000, E1000_SWSM, E1000_SWSM_SMBI | E1000_SWSM_SWESMBI);
    return false;
}

static void give_phy_back(const struct e1000 *e1000)
{
    if (e1000_has(e1000, TRAIT_MDIO_OWNERSHIP))
        clear_bits(e1000, E1000_EXTCNF_CTRL, E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP);
    if (e1000_has(e1000, TRAIT_SWSM))
        clear_bits(e1000, E1000_SWSM, E1000_SWSM_SMBI | E1000_SWSM_SWESMBI);
}

void e1000_start_link(const struct e1000 *e1000)
{
    uint32_t ctrl = e1000_read(e1000, E1000_CTRL);
    ctrl &= ~(E1000_CTRL_LRST | E1000_CTRL_ILOS | E1000_CTRL_FRCSPD | E1000_CTRL_FRCDPX | E1000_CTRL_RFCE | E1000_CTRL_TFCE |
              E1000_CTRL_VME | E1000_CTRL_RST | E1000_CTRL_PHY_RST);
    if (e1000_has(e1000, TRAIT_PCIE))
        ctrl &= ~E1000_CTRL_GIO_MASTER_DISABLE;
    e1000_write(e1000, E1000_CTRL, ctrl | E1000_CTRL_SLU | E1000_CTRL_FD);

    /* Pause frames are not negotiated by us, hence not to be acted on. */
    e1000_write(e1000, E1000_FCAL, 0);
    e1000_write(e1000, E1000_FCAH, 0);
    e1000_write(e1000, E1000_FCT, 0);
    e1000_write(e1000, E1000_FCTTV, 0);

    if (take_phy(e1000)) {
        wake_phy(e1000);
        give_phy_back(e1000);
    }
}
