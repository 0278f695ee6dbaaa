# SPDX-License-Identifier: BSD-2-Clause
BIOS_PURE :=
