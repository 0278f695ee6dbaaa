# SPDX-License-Identifier: BSD-2-Clause
# What Debian 12 has to bring along.

BUILD_PACKAGES := binutils clang dpkg-dev gcc gnu-efi libc6-dev lld make nasm patch python3
TEST_PACKAGES := dnsmasq-base dosfstools e2fsprogs grub-common grub-efi-amd64-bin grub-pc-bin iproute2 ipxe ipxe-qemu istgt kmod \
	libclang-rt-14-dev libcmocka-dev mandoc mtools openssl ovmf pxelinux python3-pytest python3-pytest-xdist qemu-system-x86 qemu-utils \
	sbsigntool seabios syslinux syslinux-common tcpdump tgt

# apt is only asked when something is missing, so that a complete machine needs no network.
.PHONY: deps
deps:
	@missing=; for package in $(BUILD_PACKAGES) $(TEST_PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
		echo "Installing:$$missing"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing > /dev/null; fi
