/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function per setting: reads the value and stores it. Each returns NULL, or what the setting takes ("a number of 68 to
 * 9000"), having stored nothing.
 */
#ifndef SANSTRAP_LOADER_VALUE_H
#define SANSTRAP_LOADER_VALUE_H

#include "loader/settings.h"

const char *take_lun(struct settings *settings, const char *value, size_t length);
const char *take_chap(struct settings *settings, const char *value, size_t length);
const char *take_mutual(struct settings *settings, const char *value, size_t length);
const char *take_ip(struct settings *settings, const char *value, size_t length);
const char *take_ip6(struct settings *settings, const char *value, size_t length);
const char *take_gateway(struct settings *settings, const char *value, size_t length);
const char *take_dns(struct settings *settings, const char *value, size_t length);
const char *take_hostname(struct settings *settings, const char *value, size_t length);
const char *take_drive(struct settings *settings, const char *value, size_t length);
const char *take_boot(struct settings *settings, const char *value, size_t length);
const char *take_file(struct settings *settings, const char *value, size_t length);
const char *take_nic(struct settings *settings, const char *value, size_t length);
const char *take_mac(struct settings *settings, const char *value, size_t length);
const char *take_mtu(struct settings *settings, const char *value, size_t length);
const char *take_vlan(struct settings *settings, const char *value, size_t length);
const char *take_rings(struct settings *settings, const char *value, size_t length);
const char *take_memory(struct settings *settings, const char *value, size_t length);
const char *take_serial(struct settings *settings, const char *value, size_t length);
const char *take_log(struct settings *settings, const char *value, size_t length);
const char *take_link_timeout(struct settings *settings, const char *value, size_t length);
const char *take_dhcp_timeout(struct settings *settings, const char *value, size_t length);
const char *take_timeout(struct settings *settings, const char *value, size_t length);
const char *take_recovery(struct settings *settings, const char *value, size_t length);
const char *take_retry(struct settings *settings, const char *value, size_t length);
const char *take_handoff(struct settings *settings, const char *value, size_t length);
const char *take_ibft_gateway(struct settings *settings, const char *value, size_t length);
const char *take_firmware_ibft(struct settings *settings, const char *value, size_t length);

/* Those that the home wants early; the take_ functions of the same names store through them. */
const char *home_memory(struct home_options *home, const char *value, size_t length);
const char *home_serial(struct home_options *home, const char *value, size_t length);
const char *home_log(struct home_options *home, const char *value, size_t length);
const char *home_boot(struct home_options *home, const char *value, size_t length);

#endif
