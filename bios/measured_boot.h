/* SPDX-License-Identifier: BSD-2-Clause */
/* Measured boot: a TPM is told of the boot sector before that runs, as firmware with TCG's services does for its own disks. */
#ifndef SANSTRAP_MEASURED_BOOT_H
#define SANSTRAP_MEASURED_BOOT_H

/*
 * The sector at 0:7C00: its code goes into PCR 4, the disk's number and the partitions behind it into PCR 5, as TCG has it
 * for hard disks. A BIOS without a TPM, or without TCG's services, is asked once, and nothing is said. What a TPM does not take
 * is a warning in the log; the boot goes on.
 */
void measure_boot_sector(void);

#endif
