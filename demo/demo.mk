# SPDX-License-Identifier: BSD-2-Clause
#
#   make demo                    boots a Debian built on the spot and proves where its root is; ends by itself
#   make demo FIRMWARE=efi       the same on a UEFI machine
#   make demo DEMO_KEEP=1        stays at a shell on the diskless machine
#   make demo DEMO_DISK=my.img   boots a copy of your own disk image (anything that qemu-img reads)

export FIRMWARE DEMO_DISK DEMO_KEEP DEMO_DISPLAY DEMO_MEMORY DEMO_NIC

.PHONY: demo
demo: deps
	@$(MAKE) $(ALL_PROCESSORS) --no-print-directory all
	@/usr/bin/python3 demo/demo.py
