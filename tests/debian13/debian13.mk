# SPDX-License-Identifier: BSD-2-Clause
#
#   make test-debian13   as root; on a Debian 12 or 13, from its own mirror

.PHONY: test-debian13
test-debian13:
	@mk/packages.sh debootstrap git
	@/usr/bin/python3 tests/debian13/debian13.py
