# SPDX-License-Identifier: BSD-2-Clause
# build/host/sanstrap-handoff is the tool under the sanitizers; build/host/make-tables writes what the tests show it.
$(eval $(call sanitized_tool,handoff))

TEST_PROGRAMS += build/host/make-tables
build/host/make-tables: build/host/tests/handoff/make_tables.o $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

-include build/host/tests/handoff/make_tables.d
