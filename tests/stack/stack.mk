# SPDX-License-Identifier: BSD-2-Clause
TEST_PROGRAMS += build/host/disk-probe

DISK_PROBE_OBJECTS := $(patsubst %,build/host/tests/stack/%.o,disk_probe disk_walk tap_network)
build/host/disk-probe: $(DISK_PROBE_OBJECTS) $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

-include $(DISK_PROBE_OBJECTS:.o=.d)
