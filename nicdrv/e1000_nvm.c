/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MAC address. RAL/RAH 0 come first: before the reset they hold what the firmware wants, which in a blade is its chassis's
 * and in no EEPROM of the card, and after it what the card itself has taken from its EEPROM. That is read by hand where they are
 * empty.
 */
#include <string.h>

#include "nicdrv/e1000.h"
#include "platform/bytes.h"

#define NVM_WORDS 0x40
#define NVM_SUM   0xBABA
#define EERD_MS   10

static bool read_nvm_word(const struct e1000 *e1000, unsigned address, uint16_t *word)
{
    bool old = e1000_has(e1000, TRAIT_EERD_8254X);
    uint32_t done = old ? E1000_EERD_DONE_8254X : E1000_EERD_DONE;

    e1000_write(e1000, E1000_EERD, E1000_EERD_START | address << (old ? E1000_EERD_ADDR_SHIFT_8254X : E1000_EERD_ADDR_SHIFT));
    if (!e1000_wait(e1000, E1000_EERD, done, done, EERD_MS))
        return false;
    *word = (uint16_t)(e1000_read(e1000, E1000_EERD) >> E1000_EERD_DATA_SHIFT);
    return true;
}

static bool mac_is_valid(const uint8_t mac[NIC_MAC_LENGTH])
{
    return !(mac[0] & 1) && !bytes_are_zero(mac, NIC_MAC_LENGTH);
}

/* NULL, or what is wrong with the EEPROM. */
static const char *read_nvm_mac(const struct e1000 *e1000, uint8_t mac[NIC_MAC_LENGTH])
{
    uint16_t sum = 0;
    for (unsigned i = 0; i < NVM_WORDS; i++) {
        uint16_t word;
        if (!read_nvm_word(e1000, i, &word))
            return "does not answer";
        sum = (uint16_t)(sum + word);
        if (i < NIC_MAC_LENGTH / 2)
            put_le16(mac + 2 * i, word);
    }
    if (sum != NVM_SUM)
        return "has a wrong checksum";

    if (e1000_has(e1000, TRAIT_TWO_PORTS) && E1000_STATUS_FUNCTION_ID(e1000_read(e1000, E1000_STATUS)) == 1)
        mac[5] ^= 1;
    return mac_is_valid(mac) ? NULL : "holds no valid address";
}

bool e1000_read_rar(const struct e1000 *e1000, uint8_t mac[NIC_MAC_LENGTH])
{
    uint32_t high = e1000_read(e1000, E1000_RAH(0));
    put_le32(mac, e1000_read(e1000, E1000_RAL(0)));
    put_le16(mac + 4, (uint16_t)high);
    return high & E1000_RAH_AV && mac_is_valid(mac);
}

enum status e1000_read_mac(const struct e1000 *e1000, uint8_t mac[NIC_MAC_LENGTH])
{
    if (e1000_read_rar(e1000, mac))
        return OK;
    uint8_t kept[NIC_MAC_LENGTH];
    memcpy(kept, mac, sizeof kept);
    const char *complaint = read_nvm_mac(e1000, mac);
    if (!complaint)
        return OK;
    return fail(E_NIC_MAC, "%s: the EEPROM %s, and RAL/RAH hold %02x:%02x:%02x:%02x:%02x:%02x", e1000->model->name, complaint,
                kept[0], kept[1], kept[2], kept[3], kept[4], kept[5]);
}
