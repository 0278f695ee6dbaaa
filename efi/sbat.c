/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The section that shim looks for in whatever it starts under Secure Boot (shim's SBAT.md): lines of component, generation,
 * vendor, package, version, address. The generation goes up when a fault is mended that undermines Secure Boot.
 */

static const char sbat[] __attribute__((section(".sbat"), used)) =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "sanstrap,1,The sanstrap authors,sanstrap," SANSTRAP_VERSION ",-\n";
