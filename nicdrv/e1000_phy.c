/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link. The copper PHYs negotiate by themselves once they are awake; the MAC takes speed and duplex from them. The link
 * survives CTRL.RST, so the PHY is left alone unless it sleeps.
 */
#include "nicdrv/e1000.h"

#define MDIC_MS      5
#define SEMAPHORE_MS 50

/* Reads or writes the PHY's control register. */
static bool access_phy_control(const struct e1000 *e1000, uint32_t command, uint16_t *data)
{
    e1000_write(e1000, E1000_MDIC,
                command | E1000_PHY_ADDRESS << E1000_MDIC_PHYADD_SHIFT | E1000_PHY_CONTROL << E1000_MDIC_REGADD_SHIFT);
    if (!e1000_wait(e1000, E1000_MDIC, E1000_MDIC_READY, E1000_MDIC_READY, MDIC_MS))
        return false;
    uint32_t answer = e1000_read(e1000, E1000_MDIC);
    *data = answer & E1000_MDIC_DATA;
    return !(answer & E1000_MDIC_ERROR);
}

static void wake_phy(const struct e1000 *e1000)
{
    uint16_t control;
    if (!access_phy_control(e1000, E1000_MDIC_OP_READ, &control))
        return;
    if ((control & (E1000_PHY_CONTROL_POWER_DOWN | E1000_PHY_CONTROL_ISOLATE)) == 0 && control & E1000_PHY_CONTROL_AUTONEGOTIATE)
        return;
    access_phy_control(e1000, E1000_MDIC_OP_WRITE | E1000_PHY_CONTROL_AUTONEGOTIATE | E1000_PHY_CONTROL_RESTART, &control);
}

/* The 82571's and 82572's firmware shares the PHY: SWSM.SWESMBI sticks only while it stays away. */
static bool take_semaphore(const struct e1000 *e1000)
{
    return e1000_set_sticky_bit(e1000, E1000_SWSM, E1000_SWSM_SWESMBI, SEMAPHORE_MS);
}

static void drop_semaphore(const struct e1000 *e1000)
{
    e1000_write(e1000, E1000_SWSM, e1000_read(e1000, E1000_SWSM) & ~(E1000_SWSM_SMBI | E1000_SWSM_SWESMBI));
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

    if (!e1000_has(e1000, TRAIT_SWSM)) {
        wake_phy(e1000);
    } else if (take_semaphore(e1000)) {
        wake_phy(e1000);
        drop_semaphore(e1000);
    }
}
