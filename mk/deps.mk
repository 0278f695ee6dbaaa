# SPDX-License-Identifier: BSD-2-Clause
# What Debian 12 or 13 has to bring along. The names are those of both: libclang-rt-dev and clang-format stand for the packages of
# the release's clang, 14 or 19. mk/packages.sh asks apt only when something is missing: a complete machine needs no network.

BUILD_PACKAGES := binutils clang dpkg-dev gcc gnu-efi libc6-dev lld make nasm patch python3
UNIT_PACKAGES := clang-format git libcmocka-dev python3-pytest
TEST_PACKAGES := dnsmasq-base dosfstools e2fsprogs grub-common grub-efi-amd64-bin grub-pc-bin iproute2 ipxe ipxe-qemu \
	isc-dhcp-server istgt kea-dhcp4-server kmod libclang-rt-dev mandoc mtools openssl ovmf pxelinux python3-pytest-xdist \
	qemu-system-x86 qemu-utils sbsigntool seabios syslinux syslinux-common tcpdump tgt

.PHONY: deps unit-deps
deps:
	@mk/packages.sh $(BUILD_PACKAGES) $(UNIT_PACKAGES) $(TEST_PACKAGES)
unit-deps:
	@mk/packages.sh $(BUILD_PACKAGES) $(UNIT_PACKAGES)

# A goal that builds begins with what it is built by, before compilers are asked for their folders. These goals build nothing, or
# ask for more and call make again; and make -n, which a shell calls to complete a goal's name, only shows.
WITHOUT_PACKAGES := bench bench-docs bench-dump bench-efi bench-traces clean coverage demo deps order profile unit unit-deps \
	test test-debian13 test-dump test-faults test-fuzz test-random
ifneq ($(filter-out $(WITHOUT_PACKAGES),$(or $(MAKECMDGOALS),all)),)
ifeq ($(DRY_RUN),)
$(shell mk/packages.sh $(BUILD_PACKAGES) >&2)
ifneq ($(.SHELLSTATUS),0)
$(error It cannot be built without them)
endif
endif
endif
