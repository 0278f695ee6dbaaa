# SPDX-License-Identifier: BSD-2-Clause
# make test-fuzz: a minute for each fuzzer; make test has 15 s for each.
.PHONY: test-fuzz
test-fuzz: deps
	$(MAKE) test-programs
	FUZZ_SECONDS=60 /usr/bin/python3 -m pytest -n 2 tests/fuzz
