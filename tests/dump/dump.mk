# SPDX-License-Identifier: BSD-2-Clause
# The mock port drives the very object that a kernel gets. Its own sources are compiled with little stack, and without position
# independence, as the core's addresses have 32 bits; symbols are bound at the start, as doing it later takes a KiB of stack.
TEST_PROGRAMS += build/host/mock-port build/host/make-isdh

MOCK_PORT_CFLAGS := -std=gnu11 -g -O2 -fno-pie -fno-stack-protector
MOCK_PORT_OBJECTS := build/dump/tests/mock_port.o build/dump/tests/machine.o
build/dump/tests/%.o: tests/dump/%.c
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(MOCK_PORT_CFLAGS) $(INCLUDES) $(DEFINES) $(WARNINGS) -MMD -MP -c $< -o $@

build/host/mock-port: $(MOCK_PORT_OBJECTS) build/dump/core.o
	$(say) "LD $@"
	$(Q)gcc -no-pie -Wl,-z,now $^ -o $@

MAKE_ISDH_OBJECTS := build/host/tests/dump/make_isdh.o
build/host/make-isdh: $(MAKE_ISDH_OBJECTS) $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

# Runs in the machine that crashes, whose initramfs has no libraries.
TEST_PROGRAMS += build/host/kexec-load
build/host/kexec-load: tests/dump/kexec_load.c
	@mkdir -p $(@D)
	$(say) "LD $@"
	$(Q)gcc -std=gnu11 -O2 -static $(WARNINGS) $< -o $@

-include $(MOCK_PORT_OBJECTS:.o=.d) $(MAKE_ISDH_OBJECTS:.o=.d)

# make test-dump: every case of the dump in machines; make test has the chief ones.
.PHONY: test-dump
test-dump: deps
	$(MAKE) $(ALL_PROCESSORS) WERROR=1 all test-programs
	DUMP=all /usr/bin/python3 -m pytest -n $(AT_ONCE) tests/dump tests/savecore

# How fast a dump is, beside what the loader itself writes, in one run; figures go to build/bench-dump.json.
.PHONY: bench-dump
bench-dump: deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all test-programs
	@/usr/bin/python3 tests/dump/bench_dump.py
