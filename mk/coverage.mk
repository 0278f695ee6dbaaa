# SPDX-License-Identifier: BSD-2-Clause
# make coverage: which lines of iscsi/, cache/, net/ and loader/ the tests on the host reach (build/coverage.txt, .json); it
# fails when a room is below COVERAGE_LEAST per cent.

COVERAGE_LEAST := 90
COVERAGE_CFLAGS := -std=gnu11 -g -O0 --coverage -fprofile-abs-path
COVERAGE_OBJECTS := $(call objects_in,build/coverage,$(HOST_SOURCES) $(EFI_ON_FAKES))
COVERAGE_LIBRARY := build/coverage/libsanstrap.a
COVERAGE_UNITS := $(UNIT_PROGRAMS:build/host/%=build/coverage/%)
COVERAGE_PROBE := build/coverage/disk-probe
COVERAGE_PROBE_OBJECTS := $(patsubst %,build/coverage/tests/stack/%.o,disk_probe disk_walk tap_network)
COVERAGE_ROOMS := iscsi cache net loader
$(eval $(call compile_into,build/coverage,gcc $$(COVERAGE_CFLAGS)))

$(patsubst %.c,build/coverage/%.o,$(EFI_ON_FAKES) $(EFI_TESTS)): COVERAGE_CFLAGS += $(EFI_ON_HOST)

$(COVERAGE_LIBRARY): $(COVERAGE_OBJECTS)
	@rm -f $@
	$(say) "AR $@"
	$(Q)ar rcs $@ $^

build/coverage/tests/unit/%: build/coverage/tests/unit/%.o $(COVERAGE_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(COVERAGE_CFLAGS) $< $(COVERAGE_LIBRARY) -lcmocka -o $@

$(COVERAGE_PROBE): $(COVERAGE_PROBE_OBJECTS) $(COVERAGE_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(COVERAGE_CFLAGS) $^ -o $@

.SECONDARY: $(COVERAGE_UNITS:=.o)
-include $(COVERAGE_OBJECTS:.o=.d) $(COVERAGE_UNITS:=.d)

.PHONY: coverage coverage-programs
coverage-programs: $(COVERAGE_UNITS) $(COVERAGE_PROBE)
coverage: deps
	@mk/packages.sh gcovr
	$(MAKE) $(ALL_PROCESSORS) all coverage-programs
	find build/coverage -name '*.gcda' -delete
	@set -e; for program in $(COVERAGE_UNITS); do $$program > $$program.log 2>&1 || { tail -n 40 $$program.log; exit 1; }; done
	DISK_PROBE=$(COVERAGE_PROBE) FAULTS=all /usr/bin/python3 -m pytest -q -p no:cacheprovider -n $(AT_ONCE) tests/faults/test_host.py
	gcovr --root . $(COVERAGE_ROOMS:%=--filter '%/') --json-summary build/coverage.json --txt build/coverage.txt build/coverage
	/usr/bin/python3 tests/coverage.py build/coverage.json $(COVERAGE_LEAST) $(COVERAGE_ROOMS)
