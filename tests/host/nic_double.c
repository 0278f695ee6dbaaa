/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host's NICs have in common. */
#include "tests/host/nic_double.h"

#include <stdlib.h>
#include <string.h>

static struct nic_double *double_of(const struct nic *nic)
{
    struct nic_double *nic_double;
    memcpy(&nic_double, nic->state, sizeof nic_double);
    return nic_double;
}

enum status nic_double_open(struct nic *nic, struct nic_double *nic_double, const struct nic_driver *driver,
                            const struct nic_config *config, size_t buffer_size, const uint8_t mac[NIC_MAC_LENGTH])
{
    memset(nic_double, 0, sizeof *nic_double);
    if (config->rx_buffers > NIC_DOUBLE_BUFFERS_MAX)
        return fail(E_INVALID_ARGUMENT, "%u buffers", config->rx_buffers);
    nic_double->buffer_size = buffer_size;
    nic_double->buffers = arena_take(config->arena, config->rx_buffers * buffer_size, 64);
    if (!nic_double->buffers)
        return fail(E_NIC_MEMORY, "%u buffers", config->rx_buffers);
    for (uint16_t slot = 0; slot < config->rx_buffers; slot++)
        nic_double->free[nic_double->free_count++] = slot;

    memset(nic, 0, sizeof *nic);
    nic->driver = driver;
    nic->model = driver->name;
    nic->mtu = config->mtu;
    memcpy(nic->mac, config->mac ? config->mac : mac, sizeof nic->mac);
    memcpy(nic->state, &nic_double, sizeof nic_double);
    return OK;
}

uint8_t *nic_double_buffer(const struct nic_double *nic_double)
{
    if (nic_double->free_count == 0)
        return NULL;
    return nic_double->buffers + nic_double->free[nic_double->free_count - 1] * nic_double->buffer_size;
}

struct nic_frame nic_double_frame(struct nic_double *nic_double, uint16_t length)
{
    uint8_t *bytes = nic_double_buffer(nic_double);
    uint16_t slot = nic_double->free[--nic_double->free_count];
    nic_double->out[slot] = true;
    return (struct nic_frame){.bytes = bytes, .length = length, .slot = slot};
}

void nic_double_release(struct nic *nic, const struct nic_frame *frame)
{
    struct nic_double *nic_double = double_of(nic);
    if (!nic_double->out[frame->slot])
        abort();
    nic_double->out[frame->slot] = false;
    nic_double->free[nic_double->free_count++] = frame->slot;
}

void nic_double_pause(struct nic *nic)
{
    if (double_of(nic)->parked)
        abort();
    double_of(nic)->paused = true;
}

void nic_double_park(struct nic *nic)
{
    struct nic_double *nic_double = double_of(nic);
    if (nic_double->parked || nic_double->paused)
        abort();
    nic_double->parked = true;
}

void nic_double_resume(struct nic *nic)
{
    double_of(nic)->paused = double_of(nic)->parked = false;
}

void nic_double_flush(struct nic *nic)
{
    (void)nic;
}

enum status nic_double_set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count)
{
    (void)nic, (void)groups, (void)count;
    return OK;
}
