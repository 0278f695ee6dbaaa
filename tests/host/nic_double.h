/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host's NICs, wire.c and tap_nic.c, have in common: receive buffers that are in the ring or out with the caller, the
 * pause, whether they are parked, and no filter. The functions are members of a struct nic_driver.
 */
#ifndef SANSTRAP_TESTS_NIC_DOUBLE_H
#define SANSTRAP_TESTS_NIC_DOUBLE_H

#include "nicdrv/nic.h"

#define NIC_DOUBLE_BUFFERS_MAX 4096

struct nic_double {
    uint8_t *buffers;
    size_t buffer_size;
    uint16_t free[NIC_DOUBLE_BUFFERS_MAX];
    unsigned free_count;
    bool out[NIC_DOUBLE_BUFFERS_MAX];
    bool paused;
    bool parked;
};

/*
 * Fills *nic in, with config->mac or `mac`, and takes config->rx_buffers buffers of `buffer_size` bytes from the arena.
 * E_INVALID_ARGUMENT, E_NIC_MEMORY. The double outlives the NIC.
 */
enum status nic_double_open(struct nic *nic, struct nic_double *nic_double, const struct nic_driver *driver,
                            const struct nic_config *config, size_t buffer_size, const uint8_t mac[NIC_MAC_LENGTH]);

/* The buffer that a frame may be written to; NULL when all are out. */
uint8_t *nic_double_buffer(const struct nic_double *nic_double);

/* The frame of `length` bytes in that buffer, which is out from now on. */
struct nic_frame nic_double_frame(struct nic_double *nic_double, uint16_t length);

/* Aborts the program when the frame was given back before. */
void nic_double_release(struct nic *nic, const struct nic_frame *frame);

/* A parked one receives as ever. Aborts the program when it is parked already, or paused. */
void nic_double_park(struct nic *nic);
void nic_double_pause(struct nic *nic);
void nic_double_resume(struct nic *nic);

/* For those whose frames leave at once. */
void nic_double_flush(struct nic *nic);

/* All groups are received anyway. */
enum status nic_double_set_multicast(struct nic *nic, const uint8_t (*groups)[NIC_MAC_LENGTH], unsigned count);

#endif
