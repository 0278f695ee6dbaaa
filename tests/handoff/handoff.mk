# SPDX-License-Identifier: BSD-2-Clause
# build/host/sanstrap-handoff is the tool under the sanitizers; build/host/make-tables writes what the tests show it.
TEST_PROGRAMS += build/host/sanstrap-handoff build/host/make-tables

HANDOFF_TOOL_HOST_OBJECTS := build/host/tools/handoff/main.o build/host/tools/common/platform.o
build/host/sanstrap-handoff: $(HANDOFF_TOOL_HOST_OBJECTS) $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

build/host/make-tables: build/host/tests/handoff/make_tables.o $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

-include $(HANDOFF_TOOL_HOST_OBJECTS:.o=.d) build/host/tests/handoff/make_tables.d
