/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: any bytes as a DNS answer: as they are, and behind the number and the question of ours, which lets them through to
 * the records. The first byte says whether an address of IPv4 or IPv6 is asked for, and how many records there are.
 */
#include <stdlib.h>
#include <string.h>

#include "net/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_message(const uint8_t *message, size_t size, const uint8_t *question, unsigned length)
{
    struct dns_answer answer;
    uint8_t *copy = malloc(size ? size : 1); /* whose ends the sanitizer watches */
    if (size)
        memcpy(copy, message, size);
    if (dns_read_answer(copy, (unsigned)size, question, length, &answer) && answer.count > DNS_ADDRESSES)
        abort();
    for (unsigned i = 0; i < answer.count; i++) {
        if (answer.addresses[i].family != 4 && answer.addresses[i].family != 6)
            abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t question[DNS_QUESTION_SIZE], message[DNS_QUESTION_SIZE + 4096];
    if (size == 0 || size > 4096)
        return 0;
    unsigned length = dns_write_question(question, 0x1234, "target.example", data[0] & 0x80 ? 6 : 4);
    read_message(data, size, question, length);

    memcpy(message, question, length);
    memcpy(message + length, data + 1, size - 1);
    message[2] = (uint8_t)(0x81 | (data[0] & 0x40 ? 2 : 0));
    message[7] = data[0] & 0x3F;
    read_message(message, length + size - 1, question, length);

    char host[300];
    size_t characters = size < sizeof host ? size : sizeof host - 1;
    memcpy(host, data, characters);
    host[characters] = '\0';
    if (dns_write_question(question, 0, host, 4) > DNS_QUESTION_SIZE)
        abort();
    return 0;
}
