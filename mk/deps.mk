# SPDX-License-Identifier: BSD-2-Clause
# What Debian 12 has to bring along, and the sources that are taken from its source packages.

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

# lwIP: LWIP_DIR=/some/where takes a tree of your own, as it is.
LWIP_VERSION := 2.1.3+dfsg1-2
LWIP_SHA256 := 8d8f944db8e6d542fc2d6f01559078fb1b5dda71651c67ee5fa3571ed1342c50
LWIP_PATCHES := $(sort $(wildcard net/patches/*.patch))
ifndef LWIP_DIR
LWIP_DIR := build/lwip
LWIP_READY := build/lwip.ready
build/lwip.ready: mk/deps.mk mk/fetch-source.sh $(LWIP_PATCHES)
	@mkdir -p build
	mk/fetch-source.sh lwip $(LWIP_VERSION) $(LWIP_SHA256) $(LWIP_DIR)
	set -e; for patch in $(LWIP_PATCHES); do patch --quiet --binary -p1 -d $(LWIP_DIR) < $$patch; done
	@touch $@
endif

BEARSSL_VERSION := 0.6+dfsg.1-3
BEARSSL_SHA256 := 9bd17e07fc9824b0223dcb4ba14adac17981a4d8f1d63b6655819fe8f2ed98d1
BEARSSL_DIR := build/bearssl
BEARSSL_READY := build/bearssl.ready
build/bearssl.ready: mk/deps.mk mk/fetch-source.sh
	@mkdir -p build
	mk/fetch-source.sh bearssl $(BEARSSL_VERSION) $(BEARSSL_SHA256) $(BEARSSL_DIR)
	@touch $@
