# SPDX-License-Identifier: BSD-2-Clause
# What of lwIP is compiled. Not among it: init.c (its checks want constants, see lwipopts.h), mem.c (net/heap.c),
# dns.c (net/resolve.c), and whatever lwipopts.h switches off. net/patches/*.patch are applied in order when the source is
# unpacked.
LWIP_SOURCES := \
	src/core/def.c \
	src/core/inet_chksum.c \
	src/core/ip.c \
	src/core/memp.c \
	src/core/netif.c \
	src/core/pbuf.c \
	src/core/tcp.c \
	src/core/tcp_in.c \
	src/core/tcp_out.c \
	src/core/udp.c \
	src/core/ipv4/etharp.c \
	src/core/ipv4/icmp.c \
	src/core/ipv4/ip4.c \
	src/core/ipv4/ip4_addr.c \
	src/core/ipv6/ethip6.c \
	src/core/ipv6/icmp6.c \
	src/core/ipv6/inet6.c \
	src/core/ipv6/ip6.c \
	src/core/ipv6/ip6_addr.c \
	src/core/ipv6/mld6.c \
	src/core/ipv6/nd6.c \
	src/netif/ethernet.c
