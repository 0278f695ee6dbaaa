# SPDX-License-Identifier: BSD-2-Clause
#
#   make bench       how fast, beside the iPXE in the card's ROM, in one run; figures go to build/bench.json
#   make bench-efi   BlockIo, beside the iSCSI driver in OVMF

.PHONY: bench bench-efi
bench: deps
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 tests/bench/bench.py

bench-efi: deps
	@$(MAKE) --no-print-directory all test-programs
	@/usr/bin/python3 tests/bench/bench_efi.py
