/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's view of the compiler and the platform. */
#ifndef SANSTRAP_ARCH_CC_H
#define SANSTRAP_ARCH_CC_H

#include <stddef.h>
#include <stdint.h>

#define LWIP_NO_CTYPE_H    1
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H   1
#define LWIP_NO_UNISTD_H   1
/* The freestanding build has no <limits.h> that gcc's could stand on. */
#ifndef INT_MAX
#define INT_MAX __INT_MAX__
#endif

/* Formats of debug output, which is compiled out; lwIP wants them defined. */
#define X8_F  "02x"
#define U16_F "hu"
#define S16_F "hd"
#define X16_F "hx"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

/* An instruction, and no call of a function. */
#define lwip_htons(value) __builtin_bswap16(value)
#define lwip_htonl(value) __builtin_bswap32(value)

#define BYTE_ORDER                              LITTLE_ENDIAN
#define LWIP_DECLARE_MEMORY_ALIGNED(name, size) uint8_t name[size] __attribute__((aligned(8)))

uint32_t net_random32(void);
#define LWIP_RAND() net_random32()

/* An assertion marks the stack as suspect and goes on; net_poll() then drops every connection (net/net.c). */
void net_assertion_failed(void);
#define LWIP_PLATFORM_DIAG(text)   ((void)0)
#define LWIP_PLATFORM_ASSERT(text) net_assertion_failed()

#endif
