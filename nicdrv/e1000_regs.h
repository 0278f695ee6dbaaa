/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers and descriptors of Intel's gigabit cards, named as in "PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual" (8254x, 317453) and "Intel 82574 GbE Controller Family Datasheet" (318694). Offsets are bytes into BAR 0.
 */
#ifndef SANSTRAP_E1000_REGS_H
#define SANSTRAP_E1000_REGS_H

#include <stdint.h>

#define E1000_CTRL                    0x0000
#define E1000_CTRL_FD                 (1u << 0)
#define E1000_CTRL_GIO_MASTER_DISABLE (1u << 2) /* 8257x; reserved before */
#define E1000_CTRL_LRST               (1u << 3)
#define E1000_CTRL_ASDE               (1u << 5)
#define E1000_CTRL_SLU                (1u << 6)
#define E1000_CTRL_ILOS               (1u << 7)
#define E1000_CTRL_FRCSPD             (1u << 11)
#define E1000_CTRL_FRCDPX             (1u << 12)
#define E1000_CTRL_RST                (1u << 26)
#define E1000_CTRL_RFCE               (1u << 27)
#define E1000_CTRL_TFCE               (1u << 28)
#define E1000_CTRL_VME                (1u << 30)
#define E1000_CTRL_PHY_RST            (1u << 31)
#define E1000_CTRL_DUP                0x0004 /* 82545GM, 82546GB: CTRL's shadow */

#define E1000_STATUS                    0x0008
#define E1000_STATUS_FD                 (1u << 0)
#define E1000_STATUS_LU                 (1u << 1)
#define E1000_STATUS_FUNCTION_ID(value) ((value) >> 2 & 3)
#define E1000_STATUS_SPEED(value)       ((value) >> 6 & 3) /* 0: 10, 1: 100, 2 and 3: 1000 Mb/s */
#define E1000_STATUS_GIO_MASTER_ENABLE  (1u << 19)

#define E1000_EECD         0x0010
#define E1000_EECD_AUTO_RD (1u << 9)  /* 8257x: the NVM has been read after a reset */
#define E1000_EECD_FLASH   (3u << 15) /* 82573, 82574, 82583: both set when the NVM is a flash */

/* The 82540, 82544, 82545 and 82546 put DONE and ADDR elsewhere than the others. */
#define E1000_EERD                  0x0014
#define E1000_EERD_START            (1u << 0)
#define E1000_EERD_DONE_8254X       (1u << 4)
#define E1000_EERD_ADDR_SHIFT_8254X 8
#define E1000_EERD_DONE             (1u << 1)
#define E1000_EERD_ADDR_SHIFT       2
#define E1000_EERD_DATA_SHIFT       16

#define E1000_CTRL_EXT          0x0018
#define E1000_CTRL_EXT_EE_RST   (1u << 13) /* reads the NVM again */
#define E1000_CTRL_EXT_DRV_LOAD (1u << 28)

#define E1000_MDIC                      0x0020
#define E1000_MDIC_DATA                 0xFFFFu
#define E1000_MDIC_REGADD_SHIFT         16
#define E1000_MDIC_PHYADD_SHIFT         21
#define E1000_MDIC_OP_WRITE             (1u << 26)
#define E1000_MDIC_OP_READ              (2u << 26)
#define E1000_MDIC_READY                (1u << 28)
#define E1000_MDIC_ERROR                (1u << 30)
#define E1000_PHY_ADDRESS               1u
#define E1000_PHY_REGISTER              0x1Fu
#define E1000_PHY_CONTROL               0u /* IEEE 802.3 clause 22, register 0 */
#define E1000_PHY_CONTROL_RESTART       (1u << 9)
#define E1000_PHY_CONTROL_ISOLATE       (1u << 10)
#define E1000_PHY_CONTROL_POWER_DOWN    (1u << 11)
#define E1000_PHY_CONTROL_AUTONEGOTIATE (1u << 12)
#define E1000_PHY_PAGE_SELECT           0x1Fu /* 82541, 82547 */

#define E1000_FCAL  0x0028
#define E1000_FCAH  0x002C
#define E1000_FCT   0x0030
#define E1000_FCTTV 0x0170

#define E1000_ICR     0x00C0
#define E1000_IMC     0x00D8
#define E1000_IMC_ALL 0xFFFFFFFFu

#define E1000_RCTL             0x0100
#define E1000_RCTL_EN          (1u << 1)
#define E1000_RCTL_MPE         (1u << 4)
#define E1000_RCTL_LPE         (1u << 5)
#define E1000_RCTL_BAM         (1u << 15)
#define E1000_RCTL_BSIZE_2048  (0u << 16)
#define E1000_RCTL_BSIZE_16384 (1u << 16) /* these three with BSEX */
#define E1000_RCTL_BSIZE_8192  (2u << 16)
#define E1000_RCTL_BSIZE_4096  (3u << 16)
#define E1000_RCTL_BSEX        (1u << 25)
#define E1000_RCTL_SECRC       (1u << 26)

#define E1000_TCTL                  0x0400
#define E1000_TCTL_EN               (1u << 1)
#define E1000_TCTL_PSP              (1u << 3)
#define E1000_TCTL_CT               (0xFFu << 4)
#define E1000_TCTL_CT_15            (0x0Fu << 4)
#define E1000_TCTL_COLD             (0x3FFu << 12)
#define E1000_TCTL_COLD_FULL_DUPLEX (0x40u << 12)
#define E1000_TCTL_RTLC             (1u << 24)
#define E1000_TCTL_MULR             (1u << 28)
#define E1000_TIPG                  0x0410
#define E1000_TIPG_COPPER           (8u | 8u << 10 | 6u << 20) /* IPGT, IPGR1, IPGR2 */

#define E1000_EXTCNF_CTRL                   0x0F00
#define E1000_EXTCNF_CTRL_MDIO_SW_OWNERSHIP (1u << 5)
#define E1000_PBA_ECC                       0x1100
#define E1000_EEMNGCTL                      0x1010
#define E1000_EEMNGCTL_CFG_DONE0            (1u << 18)
#define E1000_EEMNGCTL_CFG_DONE1            (1u << 19)

/* Both rings have these registers in the same order: from RDBAL and TDBAL on. */
#define E1000_RING_BAL 0x00
#define E1000_RING_BAH 0x04
#define E1000_RING_LEN 0x08
#define E1000_RING_H   0x10
#define E1000_RING_T   0x18

#define E1000_RDFPC 0x2430 /* packets in the receive FIFO */
#define E1000_RDBAL 0x2800
#define E1000_RDBAH 0x2804
#define E1000_RDLEN 0x2808
#define E1000_RDH   0x2810
#define E1000_RDT   0x2818
#define E1000_RDTR  0x2820

#define E1000_TDBAL             0x3800
#define E1000_TDBAH             0x3804
#define E1000_TDLEN             0x3808
#define E1000_TDH               0x3810
#define E1000_TDT               0x3818
#define E1000_TIDV              0x3820
#define E1000_TXDCTL            0x3828
#define E1000_TXDCTL_WTHRESH_1  (1u << 16)
#define E1000_TXDCTL_COUNT_DESC (1u << 22) /* 8257x: reserved, must be 1 */
#define E1000_TXDCTL_GRAN       (1u << 24)
#define E1000_TXDCTL1           0x3928 /* 8257x: the second queue's */
#define E1000_TARC0             0x3840
#define E1000_TARC1             0x3940

/* Statistics; reading clears them. */
#define E1000_CRCERRS 0x4000
#define E1000_RXERRC  0x400C
#define E1000_MPC     0x4010
#define E1000_RUC     0x40A4
#define E1000_ROC     0x40AC

#define E1000_RXDCTL         0x2828 /* 8257x */
#define E1000_RXDCTL_DEFAULT (1u << 16)
#define E1000_RXCSUM         0x5000
#define E1000_RXCSUM_IPOFLD  (1u << 8)
#define E1000_RXCSUM_TUOFLD  (1u << 9)
#define E1000_RFCTL          0x5008 /* 8257x: kinds of descriptors, how headers are read */
#define E1000_MTA(index)     (0x5200 + 4 * (index))
#define E1000_MTA_REGISTERS  128
#define E1000_RAL(index)     (0x5400 + 8 * (index))
#define E1000_RAH(index)     (0x5404 + 8 * (index))
#define E1000_RAH_AV         (1u << 31)
#define E1000_MRQC           0x5818 /* 8257x: several receive queues */
#define E1000_RAR_REGISTERS  15     /* the 82571 leaves the sixteenth to its firmware */

#define E1000_MANC          0x5820
#define E1000_MANC_ARP_EN   (1u << 13)
#define E1000_GCR           0x5B00
#define E1000_SWSM          0x5B50
#define E1000_SWSM_SMBI     (1u << 0) /* reading takes it: who reads a 0 has it until he writes one */
#define E1000_SWSM_SWESMBI  (1u << 1)
#define E1000_SWSM_DRV_LOAD (1u << 3) /* the 82573's */
#define E1000_GCR2          0x5B64

/* The two registers of the I/O BAR: where, and what (SDM 13.2, "I/O-Mapped Internal Register Access"). */
#define E1000_IOADDR 0
#define E1000_IODATA 4

/* The legacy receive descriptor, which all families share. Little-endian. */
struct e1000_rx_descriptor {
    uint64_t address;
    uint16_t length;
    uint16_t checksum;
    uint8_t status;
    uint8_t errors;
    uint16_t special;
};
#define E1000_RXD_STATUS_DD    (1u << 0)
#define E1000_RXD_STATUS_EOP   (1u << 1)
#define E1000_RXD_STATUS_IXSM  (1u << 2)
#define E1000_RXD_STATUS_TCPCS (1u << 5)
#define E1000_RXD_STATUS_IPCS  (1u << 6)
#define E1000_RXD_ERRORS_CE    (1u << 0)
#define E1000_RXD_ERRORS_SE    (1u << 1)
#define E1000_RXD_ERRORS_SEQ   (1u << 2)
#define E1000_RXD_ERRORS_CXE   (1u << 4)
#define E1000_RXD_ERRORS_TCPE  (1u << 5)
#define E1000_RXD_ERRORS_IPE   (1u << 6)
#define E1000_RXD_ERRORS_RXE   (1u << 7)
#define E1000_RXD_ERRORS_DAMAGED                                                                                                 \
    (E1000_RXD_ERRORS_CE | E1000_RXD_ERRORS_SE | E1000_RXD_ERRORS_SEQ | E1000_RXD_ERRORS_CXE | E1000_RXD_ERRORS_RXE)

/* The TCP/IP transmit descriptors: a context, or data. The status byte is the lowest of `upper` in both. Little-endian. */
struct e1000_tx_descriptor {
    union {
        uint64_t address; /* data */
        struct {
            uint32_t ip_fields;  /* IPCSS, IPCSO << 8, IPCSE << 16 */
            uint32_t tcp_fields; /* TUCSS, TUCSO << 8, TUCSE << 16 */
        } context;
    };
    uint32_t lower; /* length, DTYP, DCMD or TUCMD */
    uint32_t upper; /* STA, and POPTS in data */
};
#define E1000_TXD_LOWER_DTYP_CONTEXT (0u << 20)
#define E1000_TXD_LOWER_DTYP_DATA    (1u << 20)
#define E1000_TXD_LOWER_EOP          (1u << 24)
#define E1000_TXD_LOWER_TUCMD_TCP    (1u << 24)
#define E1000_TXD_LOWER_IFCS         (1u << 25)
#define E1000_TXD_LOWER_TUCMD_IP     (1u << 25)
#define E1000_TXD_LOWER_RS           (1u << 27)
#define E1000_TXD_LOWER_DEXT         (1u << 29)
#define E1000_TXD_UPPER_DD           (1u << 0)
#define E1000_TXD_UPPER_EC           (1u << 1)
#define E1000_TXD_UPPER_LC           (1u << 2)
#define E1000_TXD_UPPER_POPTS_IXSM   (1u << 8)
#define E1000_TXD_UPPER_POPTS_TXSM   (1u << 9)

/* PCI configuration space (PCI Local Bus 3.0, PCI Express Base). */
#define E1000_PCI_COMMAND            0x04
#define E1000_PCI_COMMAND_BUS_MASTER (1u << 2)

#endif
