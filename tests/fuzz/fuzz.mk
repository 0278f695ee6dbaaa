# SPDX-License-Identifier: BSD-2-Clause
# make test-fuzz: every fuzzer for FUZZ_SECONDS, a minute unless told; make test has each find nothing for 15 seconds.
.PHONY: test-fuzz
test-fuzz: export FUZZ_SECONDS ?= 60
test-fuzz: deps
	$(MAKE) $(ALL_PROCESSORS) test-programs
	/usr/bin/python3 -m pytest -n $(AT_ONCE) tests/fuzz
