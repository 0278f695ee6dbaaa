# SPDX-License-Identifier: BSD-2-Clause
# make test-random: the row of reads and writes of tests/exerciser/walk.h, long: in machines, BIOS and UEFI, without faults and
# with them, and on the host over the initiator and its faults. tests/unit/test_cache_random.c is as long in make unit.
.PHONY: test-random
test-random: deps
	$(MAKE) $(ALL_PROCESSORS) all unit-programs test-programs
	OPERATIONS=100000 /usr/bin/python3 -m pytest -n $(AT_ONCE) tests/faults/test_walk.py tests/faults/test_mixed.py \
		tests/e2e/test_exerciser.py tests/e2e/test_efi_conformance.py
