# SPDX-License-Identifier: BSD-2-Clause
"""A diskless PC and its servers on one machine: a namespace with DHCP, TFTP and iSCSI, QEMU, disks built on the spot."""
