/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 64-bit division for i386, which gcc expects of a libgcc that is not there (Debian's i386 one needs multilib). The names and
 * meanings are gcc's (GCC internals manual, "Routines for integer arithmetic").
 */
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);

/* high:low / divisor for high < divisor, which is what the instruction can do without a fault. */
static uint32_t divide_64_by_32(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *remainder)
{
    uint32_t quotient;
    __asm__("divl %4" : "=a"(quotient), "=d"(*remainder) : "a"(low), "d"(high), "rm"(divisor) : "cc");
    return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
    uint64_t quotient = 0;
    if (divisor >> 32 == 0) {
        /* Schoolbook, two 32-bit digits. A divisor of 0 faults here, as it should. */
        uint32_t rest;
        uint32_t high = divide_64_by_32(0, (uint32_t)(dividend >> 32), (uint32_t)divisor, &rest);
        uint32_t low = divide_64_by_32(rest, (uint32_t)dividend, (uint32_t)divisor, &rest);
        quotient = (uint64_t)high << 32 | low;
        dividend = rest;
    } else {
        /* The quotient has at most 32 bits: shift and subtract. */
        unsigned shift = (unsigned)(__builtin_clz((uint32_t)(divisor >> 32)));
        for (uint64_t part = divisor << shift;; part >>= 1, shift--) {
            quotient <<= 1;
            if (dividend >= part) {
                dividend -= part;
                quotient |= 1;
            }
            if (shift == 0)
                break;
        }
    }

    if (remainder)
        *remainder = dividend;
    return quotient;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
    return __udivmoddi4(dividend, divisor, 0);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
    uint64_t remainder;
    __udivmoddi4(dividend, divisor, &remainder);
    return remainder;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
    uint64_t quotient = __udivdi3(magnitude(dividend), magnitude(divisor));
    return (int64_t)((dividend < 0) != (divisor < 0) ? 0 - quotient : quotient);
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
    uint64_t remainder = __umoddi3(magnitude(dividend), magnitude(divisor));
    return (int64_t)(dividend < 0 ? 0 - remainder : remainder);
}
