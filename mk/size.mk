# SPDX-License-Identifier: BSD-2-Clause
# What the loader and a crash dump's layers take of their budgets; fails beyond them.

.PHONY: size
size:
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all build/host/tests/unit/test_dump_profile
	@/usr/bin/python3 tools/size.py
