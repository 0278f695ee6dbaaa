# SPDX-License-Identifier: BSD-2-Clause
"""A diskless PC and its servers on one machine: a network namespace with DHCP, TFTP and iSCSI, QEMU, and disks built on the spot."""
