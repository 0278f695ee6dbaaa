# SPDX-License-Identifier: BSD-2-Clause
TEST_PROGRAMS += build/host/disk-probe

DISK_PROBE_OBJECTS := build/host/tests/stack/disk_probe.o build/host/tests/stack/tap_network.o
build/host/disk-probe: $(DISK_PROBE_OBJECTS) $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

-include $(DISK_PROBE_OBJECTS:.o=.d)
