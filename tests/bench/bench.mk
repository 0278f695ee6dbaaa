# SPDX-License-Identifier: BSD-2-Clause
#
#   make bench       how fast, beside the iPXE in the card's ROM, in one run; figures go to build/bench.json

.PHONY: bench
bench: deps
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 tests/bench/bench.py
