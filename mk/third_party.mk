# SPDX-License-Identifier: BSD-2-Clause
# Sources of others, taken from Debian's source packages: release, version and hash of the .dsc. A machine of either release can
# fetch from both.

FETCH_SOURCE := /usr/bin/python3 mk/fetch_source.py
FETCH_READY := mk/third_party.mk mk/fetch_source.py mk/apt_sources.py

# lwIP: LWIP_DIR=/some/where takes a tree of your own, as it is.
LWIP_SUITE := bookworm
LWIP_VERSION := 2.1.3+dfsg1-2
LWIP_SHA256 := 8d8f944db8e6d542fc2d6f01559078fb1b5dda71651c67ee5fa3571ed1342c50
LWIP_PATCHES := $(sort $(wildcard net/patches/*.patch))
ifndef LWIP_DIR
LWIP_DIR := build/lwip
LWIP_READY := build/lwip.ready
build/lwip.ready: $(FETCH_READY) $(LWIP_PATCHES)
	@mkdir -p build
	$(FETCH_SOURCE) $(LWIP_SUITE) lwip $(LWIP_VERSION) $(LWIP_SHA256) $(LWIP_DIR)
	set -e; for patch in $(LWIP_PATCHES); do patch --quiet --binary -p1 -d $(LWIP_DIR) < $$patch; done
	@touch $@
endif

BEARSSL_SUITE := bookworm
BEARSSL_VERSION := 0.6+dfsg.1-3
BEARSSL_SHA256 := 9bd17e07fc9824b0223dcb4ba14adac17981a4d8f1d63b6655819fe8f2ed98d1
BEARSSL_DIR := build/bearssl
BEARSSL_READY := build/bearssl.ready
build/bearssl.ready: $(FETCH_READY)
	@mkdir -p build
	$(FETCH_SOURCE) $(BEARSSL_SUITE) bearssl $(BEARSSL_VERSION) $(BEARSSL_SHA256) $(BEARSSL_DIR)
	@touch $@
