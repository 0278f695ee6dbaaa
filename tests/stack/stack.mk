# SPDX-License-Identifier: BSD-2-Clause
TEST_PROGRAMS += build/host/disk-probe

build/host/disk-probe: build/host/tests/stack/disk_probe.o $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $< $(HOST_LIBRARY) -o $@
