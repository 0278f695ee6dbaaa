/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands where in an Ethernet frame and in the headers behind it, in bytes from the beginning of each header, which the name
 * of the offset begins with. All numbers in a frame are big endian.
 */
#ifndef SANSTRAP_FRAME_H
#define SANSTRAP_FRAME_H

/* ---- Ethernet: IEEE 802.3 3.2, 802.1Q 9 ---- */

#define ETHERNET_DESTINATION 0
#define ETHERNET_SOURCE      6
#define ETHERNET_TYPE        12
#define ETHERNET_HEADER      14u
#define ETHERNET_FRAME_MIN   60u /* without FCS; shorter ones are padded */
#define ETHERNET_FCS         4u

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_ARP  0x0806u
#define ETHERTYPE_VLAN 0x8100u
#define ETHERTYPE_IPV6 0x86DDu

/* ETHERTYPE_VLAN where the type is, the TCI behind it, then the frame's own type. */
#define VLAN_TAG            4u
#define VLAN_TCI            14 /* from the frame's beginning */
#define VLAN_ID_MASK        0xFFFu
#define VLAN_ID_LAST        4094u /* table 9-2: FFFh is reserved */
#define VLAN_PRIORITY_SHIFT 13
#define VLAN_PRIORITY_LAST  7u

/* ---- IPv4 without options: RFC 791 3.1 ---- */

#define IPV4_TOTAL_LENGTH  2
#define IPV4_FRAGMENT      6 /* flags and offset */
#define IPV4_PROTOCOL      9
#define IPV4_CHECKSUM      10
#define IPV4_SOURCE        12
#define IPV4_DESTINATION   16
#define IPV4_HEADER        20u
#define IPV4_DONT_FRAGMENT 0x4000u
#define IPV4_PLAIN         0x45u /* version 4, a header of five words */

/* ---- IPv6: RFC 8200 3 ---- */

#define IPV6_PAYLOAD_LENGTH 4
#define IPV6_NEXT_HEADER    6
#define IPV6_HOP_LIMIT      7
#define IPV6_SOURCE         8
#define IPV6_DESTINATION    24
#define IPV6_HEADER         40u

/* ---- behind IP: "Protocol Numbers" of the IANA, RFC 768, RFC 9293 3.1, RFC 4443 2.1 ---- */

#define PROTOCOL_ICMP   1
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17
#define PROTOCOL_ICMPV6 58

#define TCP_FROM_PORT       0
#define TCP_TO_PORT         2
#define TCP_SEQUENCE        4
#define TCP_ACKNOWLEDGEMENT 8
#define TCP_DATA_OFFSET     12
#define TCP_FLAG_BITS       13
#define TCP_WINDOW          14
#define TCP_CHECKSUM        16
#define TCP_HEADER          20u
#define TCP_PLAIN           0x50u /* a data offset of five words */
#define UDP_CHECKSUM        6
#define UDP_HEADER          8u
#define ICMPV6_CHECKSUM     2

/* Bytes of data in a segment that fills a frame of this MTU, over IPv4 and without options. */
#define TCP_FULL_SEGMENT(mtu) ((mtu) - (IPV4_HEADER + TCP_HEADER))

#endif
