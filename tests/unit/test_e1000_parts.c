/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What single parts of the e1000 family do otherwise than the data sheet's general case: cards made of registers that go wrong as
 * the errata say, unless the driver does what they ask.
 */
#include "tests/unit/e1000_card.h"

#define BIT(number) (1u << (number))

static void open_part(uint16_t device_id)
{
    device.device_id = device_id;
    open_card();
    release_all();
}

static bool is_reset(uint32_t offset, uint32_t value)
{
    return (offset == E1000_CTRL || offset == E1000_CTRL_DUP) && value & E1000_CTRL_RST;
}

/* ---- registers that errata want otherwise ---- */

static const struct quirk {
    uint16_t device_id;
    uint32_t offset, initial, wanted;
} quirks[] = {
    {0x105E, E1000_RFCTL, 0, 0x30000},
    {0x107D, E1000_RFCTL, 0, 0x30000},
    {0x109A, E1000_RFCTL, 0x8000, 0x30000},
    {0x10D3, E1000_RFCTL, 0x8000, 0},
    {0x10D3, E1000_GCR, 0x40, 0x40 | BIT(22)},
    {0x150C, E1000_GCR, 0, BIT(22)},
    {0x109A, E1000_GCR, 0, 0},
    {0x10D3, E1000_GCR2, 2, 3},
    {0x105E, E1000_GCR2, 0, 0},
    {0x105E, E1000_TARC0, 0x78000000, 0x07800000},
    {0x109A, E1000_TARC0, 0x7A000000, 0x02000000},
    {0x150C, E1000_TARC0, 0x78000000, 0x04000000},
    {0x10B9, E1000_TARC1, 0x60000000, 0x17400000},
    {0x10D3, E1000_TARC1, 0, 0},
    {0x105E, E1000_TXDCTL1, 0x3F0000, 0x01410000},
    {0x10D3, E1000_TXDCTL1, 0, 0x00400000},
    {0x108B, E1000_CTRL, BIT(29), E1000_CTRL_SLU | E1000_CTRL_FD},
    {0x10D3, E1000_CTRL, BIT(29), E1000_CTRL_SLU | E1000_CTRL_FD},
    {0x105E, E1000_CTRL, BIT(29), E1000_CTRL_SLU | E1000_CTRL_FD | BIT(29)},
    {0x10D3, E1000_CTRL_EXT, BIT(23), BIT(22) | E1000_CTRL_EXT_DRV_LOAD},
    {0x108C, E1000_CTRL_EXT, BIT(23), BIT(22)},
    {0x107D, E1000_CTRL_EXT, BIT(19) | 8, 8 | E1000_CTRL_EXT_DRV_LOAD},
    {0x105E, E1000_PBA_ECC, 0, 1},
    {0x107D, E1000_PBA_ECC, 0, 0},
    {0x105E, E1000_EECD, 0xC0 | E1000_EECD_AUTO_RD, E1000_EECD_AUTO_RD},
    {0x1099, E1000_CTRL_EXT, 0, BIT(17)},
    {0x1079, E1000_CTRL_EXT, 0, 0},
    {0x100E, E1000_RFCTL, 0, 0},
};
static const struct quirk *quirk;
static uint32_t tctl_initial;

/* A reset leaves the register as the row says. */
static void write_quirky(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_CTRL_DUP)
        offset = E1000_CTRL;
    card_write(offset, value);
    if (is_reset(offset, value)) {
        card.registers[E1000_TCTL / 4] = tctl_initial;
        card.registers[quirk->offset / 4] = quirk->initial;
    }
}

static void registers_are_as_the_errata_want_them(void **state)
{
    card.write = write_quirky;
    tctl_initial = 0;
    for (unsigned i = 0; i < sizeof quirks / sizeof *quirks; i++) {
        quirk = &quirks[i];
        open_part(quirk->device_id);
        if (card.registers[quirk->offset / 4] != quirk->wanted)
            print_error("row %u: %04x, register %04x\n", i, quirk->device_id, (unsigned)quirk->offset);
        assert_int_equal(card.registers[quirk->offset / 4], quirk->wanted);
        tear_down(state);
        set_up(state);
        card.write = write_quirky;
    }

    quirk = &quirks[12]; /* TARC1 with several requests at once */
    tctl_initial = E1000_TCTL_MULR;
    open_part(0x10B9);
    assert_int_equal(card.registers[E1000_TARC1 / 4], 0x07400000);
}

/* ---- resets ---- */

static bool memory_hangs, ports_lead_here;
static unsigned resets;

/* The write that resets is never acknowledged where it comes by memory: nothing answers any more. */
static void write_by_memory_hangs(unsigned bar, uint32_t offset, uint32_t value)
{
    if (bar == PORT_BAR && !ports_lead_here)
        return;
    resets += bar == PORT_BAR ? offset == E1000_IODATA : is_reset(offset, value);
    if (bar == PORT_BAR && offset == E1000_IOADDR)
        card.port = value;
    else if (bar == PORT_BAR)
        card_write(card.port, value);
    else if (offset == E1000_CTRL && value & E1000_CTRL_RST && memory_hangs)
        card.ignores_reset = true, card_write(offset, value);
    else
        card_write(offset == E1000_CTRL_DUP ? E1000_CTRL : offset, value);
}

static uint32_t read_by_memory_hangs(unsigned bar, uint32_t offset)
{
    if (bar != PORT_BAR)
        return card_read(offset);
    return ports_lead_here && offset == E1000_IODATA ? card_read(card.port) : 0;
}

static enum status reset_part(uint16_t device_id, bool ports)
{
    struct nic_config wanted = usual_config();
    device.device_id = device_id;
    card.registers[E1000_CTRL / 4] = E1000_CTRL_SLU;
    card.write = write_by_memory_hangs;
    card.read = read_by_memory_hangs;
    card.space[4 + PORT_BAR] = ports ? 0xC001 : 0;
    card.ignores_reset = false;
    arena.used = resets = 0;
    return nic_open(&nic, &device, &wanted);
}

static void resets_by_port(void **state)
{
    (void)state;
    static const uint16_t parts[] = {0x1008, 0x100E, 0x100F, 0x1010, 0x1076};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        ports_lead_here = memory_hangs = true;
        assert_int_equal(reset_part(parts[i], true), OK);
        assert_int_equal(reset_part(parts[i], false), E_NIC_RESET); /* there is no other way then */

        memory_hangs = false;
        assert_int_equal(reset_part(parts[i], false), OK);
        ports_lead_here = false; /* as QEMU's, or behind a bridge that does not let them pass */
        assert_int_equal(reset_part(parts[i], true), OK);
        assert_int_equal(resets, 1);
    }
}

static void resets_by_the_shadow_register(void **state)
{
    (void)state;
    memory_hangs = true;
    assert_int_equal(reset_part(0x1026, false), OK);
    assert_int_equal(reset_part(0x1079, false), OK);
    memory_hangs = false;
    assert_int_equal(reset_part(0x1075, false), OK); /* the plain way */
}

static bool phy_was_reset;
static unsigned script_length, phy_resets;
static uint16_t page, transmitter;
static uint16_t fuses, spare_fuses, fuse_control, fuse_bypass; /* the 82547's */

static void access_fuses(uint32_t value)
{
    if (value & E1000_MDIC_OP_READ)
        card.registers[E1000_MDIC / 4] = E1000_MDIC_READY | (page == 0x20D0 ? fuses : spare_fuses);
    else if (page == 0x20DC)
        fuse_control = (uint16_t)value;
    else if (page == 0x20DE)
        fuse_bypass = (uint16_t)value;
}

/* The MAC does not come back when its PHY was not reset before; then that wants its script, transmitter off. */
static void write_phy_first(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_CTRL && value & E1000_CTRL_PHY_RST) {
        phy_was_reset = true;
        phy_resets++;
        value &= ~E1000_CTRL_PHY_RST;
    } else if (is_reset(offset, value)) {
        card.ignores_reset = !phy_was_reset;
        phy_was_reset = false;
    }
    card_write(offset, value);

    if (offset != E1000_MDIC)
        return;
    uint32_t number = value >> E1000_MDIC_REGADD_SHIFT & 0x1F;
    bool writes = (value & E1000_MDIC_OP_WRITE) != 0;
    if (number == E1000_PHY_PAGE_SELECT)
        page = (uint16_t)value;
    else if (number == (page & 0x1F) && page >> 4 == 0x20D)
        access_fuses(value);
    else if (writes && page == 0x2F5B)
        transmitter = (uint16_t)value;
    else if (writes && page > 0x1F) {
        assert_int_equal(number, page & 0x1F);
        assert_int_equal(transmitter, 3);
        script_length++;
    }
}

static void resets_the_phy_first(void **state)
{
    (void)state;
    static const uint16_t parts[] = {0x1013, 0x1018, 0x1019, 0x101A};
    card.write = write_phy_first;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        script_length = 0;
        arena.used = 0;
        open_part(parts[i]);
        assert_int_equal(script_length, 9);
        assert_int_equal(transmitter, E1000_PHY_CONTROL_AUTONEGOTIATE); /* what it had been read as */
    }

    card.write = NULL; /* the later ones keep their link */
    phy_resets = 0;
    arena.used = 0;
    open_part(0x1076);
    assert_int_equal(phy_resets, 0);
}

/* As FreeBSD's and Linux's drivers do: one step lower above 40h, ten finer ones at it, and the 82547 alone. */
static void trims_its_fuses(void **state)
{
    static const struct {
        uint16_t part, spare, burnt, control, bypass;
    } cases[] = {
        {0x1019, 0, 0xA7F3, 0xA760, 2}, {0x101A, 0, 0x5FC5, 0x5AC0, 2}, {0x1019, 0, 0x3FB0, 0x3FB0, 2},
        {0x1019, 0x100, 0xA7F3, 0, 0},  {0x1013, 0, 0xA7F3, 0, 0},
    };
    (void)state;
    card.write = write_phy_first;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        fuses = cases[i].burnt;
        spare_fuses = cases[i].spare;
        fuse_control = fuse_bypass = 0;
        arena.used = 0;
        open_part(cases[i].part);

        assert_int_equal(fuse_control, cases[i].control);
        assert_int_equal(fuse_bypass, cases[i].bypass);
    }
    card.write = NULL;
}

static uint32_t flash;

/* The NVM is only read when told. */
static void write_lazy_nvm(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_EERD)
        return;

    card_write(offset, value);
    if (is_reset(offset, value)) {
        card.registers[E1000_RAL(0) / 4] = card.registers[E1000_RAH(0) / 4] = 0;
        card.registers[E1000_EECD / 4] = flash;
    } else if (offset == E1000_CTRL_EXT && value & E1000_CTRL_EXT_EE_RST) {
        card.registers[E1000_CTRL_EXT / 4] &= ~E1000_CTRL_EXT_EE_RST;
        card.registers[E1000_RAL(0) / 4] = get_le32(nvm_mac);
        card.registers[E1000_RAH(0) / 4] = get_le16(nvm_mac + 4) | E1000_RAH_AV;
        card.registers[E1000_EECD / 4] |= E1000_EECD_AUTO_RD;
    }
}

static void reads_the_nvm_again(void **state)
{
    static const uint16_t parts[] = {0x1008, 0x108B, 0x10D3, 0x150C};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        card.write = write_lazy_nvm;
        flash = i ? E1000_EECD_FLASH : 0;
        card.registers[E1000_EECD / 4] = flash;
        open_part(parts[i]);
        assert_memory_equal(nic.mac, nvm_mac, 6);
        tear_down(state);
        set_up(state);
    }

    struct nic_config wanted = usual_config(); /* an EEPROM is left alone */
    card.write = write_lazy_nvm;
    flash = 0;
    device.device_id = 0x10D3;
    assert_int_equal(nic_open(&nic, &device, &wanted), E_NIC_MAC);
}

/* ---- who else uses the PHY ---- */

static bool other_port_holds;
static unsigned phy_accesses;

/* SMBI is taken by reading; the PHY may be touched by who has taken what its part has. */
static uint32_t read_semaphores(unsigned bar, uint32_t offset)
{
    (void)bar;
    uint32_t value = card_read(offset);
    if (offset == E1000_SWSM)
        card.registers[E1000_SWSM / 4] |= E1000_SWSM_SMBI;
    return value;
}

static void write_semaphores(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    if (offset == E1000_MDIC) {
        phy_accesses++;
        if (device.device_id == 0x105E || device.device_id == 0x108B)
            assert_int_equal(card.registers[E1000_SWSM / 4] & 3, 3);
        if (device.device_id != 0x105E)
            assert_true(card.registers[E1000_EXTCNF_CTRL / 4] & E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP);
    }
    if (offset == E1000_SWSM && other_port_holds)
        assert_true(value & E1000_SWSM_SMBI); /* not ours to clear */

    uint32_t swsm = card.registers[E1000_SWSM / 4];
    card_write(offset, value);
    if (is_reset(offset, value))
        card.registers[E1000_SWSM / 4] = swsm;
}

static void the_phy_is_taken_and_given_back(void **state)
{
    static const uint16_t parts[] = {0x105E, 0x108B, 0x10D3, 0x150C};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        card.read = read_semaphores;
        card.write = write_semaphores;
        phy_accesses = 0;
        other_port_holds = false;
        open_part(parts[i]);
        assert_true(phy_accesses > 0);
        assert_int_equal(card.registers[E1000_SWSM / 4] & 3, 0);
        assert_int_equal(card.registers[E1000_EXTCNF_CTRL / 4] & E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP, 0);
        tear_down(state);
        set_up(state);
    }
}

static void the_other_port_keeps_the_phy(void **state)
{
    (void)state;
    card.read = read_semaphores;
    card.write = write_semaphores;
    phy_accesses = 0;
    other_port_holds = true;
    card.registers[E1000_SWSM / 4] = E1000_SWSM_SMBI;
    open_part(0x105E);
    assert_int_equal(phy_accesses, 0);
    assert_int_equal(card.registers[E1000_SWSM / 4] & 3, E1000_SWSM_SMBI);
    other_port_holds = false;
}

static void a_forgotten_semaphore_is_cleared_where_there_is_one_port(void **state)
{
    (void)state;
    card.read = read_semaphores;
    card.write = write_semaphores;
    phy_accesses = 0;
    card.registers[E1000_SWSM / 4] = E1000_SWSM_SMBI;
    open_part(0x108B);
    assert_true(phy_accesses > 0);
    assert_int_equal(card.registers[E1000_SWSM / 4] & 3, 0);
}

/* ---- the MAC address ---- */

static const uint8_t chassis_mac[6] = {0x02, 0xB1, 0xAD, 0xE0, 0, 7};

/* A reset brings back what the EEPROM says. */
static void write_blade(unsigned bar, uint32_t offset, uint32_t value)
{
    (void)bar;
    card_write(offset, value);
    if (is_reset(offset, value)) {
        card.registers[E1000_RAL(0) / 4] = get_le32(nvm_mac);
        card.registers[E1000_RAH(0) / 4] = get_le16(nvm_mac + 4) | E1000_RAH_AV;
    }
}

static void a_blade_has_its_chassis_mac(void **state)
{
    (void)state;
    card.write = write_blade;
    card.registers[E1000_RAL(0) / 4] = get_le32(chassis_mac);
    card.registers[E1000_RAH(0) / 4] = get_le16(chassis_mac + 4) | E1000_RAH_AV;
    open_part(0x105E);
    assert_memory_equal(nic.mac, chassis_mac, 6);

    /* The other port is reset: our address is still one that the card receives by. */
    card.registers[E1000_RAL(0) / 4] = get_le32(nvm_mac);
    bool received = false;
    for (unsigned i = 0; i < E1000_RAR_REGISTERS; i++)
        received |= card.registers[E1000_RAL(i) / 4] == get_le32(chassis_mac) &&
                    card.registers[E1000_RAH(i) / 4] == (get_le16(chassis_mac + 4) | E1000_RAH_AV);
    assert_true(received);
}

static void an_address_that_is_not_in_use_is_none(void **state)
{
    (void)state;
    card.write = write_blade;
    card.registers[E1000_RAL(0) / 4] = get_le32(chassis_mac);
    card.registers[E1000_RAH(0) / 4] = get_le16(chassis_mac + 4);
    open_part(0x105E);
    assert_memory_equal(nic.mac, nvm_mac, 6);
}

/* ---- the bus ---- */

static void aspm_is_off(void **state)
{
    static const struct {
        uint16_t device_id;
        uint32_t left;
    } parts[] = {{0x105E, 0x41}, {0x10B9, 0x41}, {0x109A, 0x40}, {0x10D3, 0x40}, {0x150C, 0x40}};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (uint32_t *space = card.space; space; space = space == card.space ? card.space_above : NULL) {
            space[1] = 0x00100000;
            space[0x34 / 4] = 0xE0;
            space[0xE0 / 4] = 0x10;
            space[0xF0 / 4] = 0x43;
        }
        device.above = &device_above;
        open_part(parts[i].device_id);
        assert_int_equal(card.space[0xF0 / 4], parts[i].left);
        assert_int_equal(card.space_above[0xF0 / 4], parts[i].left);
        assert_int_equal(card.space_above[1] & 7, 7);
        tear_down(state);
        set_up(state);
    }
}

static void pcix_reads_are_limited(void **state)
{
    static const uint16_t parts[] = {0x1008, 0x100F, 0x1010, 0x1026, 0x1079};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        card.space[1] = 0x00100000;
        card.space[0x34 / 4] = 0xE4;
        card.space[0xE4 / 4] = 0x000E0007;
        card.write = write_by_memory_hangs;
        memory_hangs = false;
        open_part(parts[i]);
        assert_int_equal(card.space[0xE4 / 4], i < 3 ? 0x000A0007 : 0x000E0007);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registers_are_as_the_errata_want_them),
        TEST(resets_by_port),
        TEST(resets_by_the_shadow_register),
        TEST(resets_the_phy_first),
        TEST(trims_its_fuses),
        TEST(reads_the_nvm_again),
        TEST(the_phy_is_taken_and_given_back),
        TEST(the_other_port_keeps_the_phy),
        TEST(a_forgotten_semaphore_is_cleared_where_there_is_one_port),
        TEST(a_blade_has_its_chassis_mac),
        TEST(an_address_that_is_not_in_use_is_none),
        TEST(aspm_is_off),
        TEST(pcix_reads_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
