# SPDX-License-Identifier: BSD-2-Clause
# make test-faults: every situation of tests/faults on the host and in machines, and the page of what came of it.
.PHONY: test-faults
test-faults: deps
	$(MAKE) $(ALL_PROCESSORS) all unit-programs test-programs
	rm -rf build/faults
	FAULTS=all /usr/bin/python3 -m pytest -n $(AT_ONCE) tests/faults
	/usr/bin/python3 tests/faults/report.py
