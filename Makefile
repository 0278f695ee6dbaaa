# SPDX-License-Identifier: BSD-2-Clause
#
#   make                 build/sanstrap.pxe, .lkrn, .efi, build/sanstrap-driver.efi, build/sanstrap-handoff and -savecore
#   make demo            a diskless PC boots Debian from an iSCSI disk, before your eyes
#   make test            everything: unit tests, real targets, machines in QEMU
#   make unit            the unit tests alone
#   make test-dump       every case of the crash dump, in machines
#   make test-faults     every fault of tests/faults, and docs/faults.md
#   make test-fuzz       every fuzzer for a minute, of which make test does 15 seconds
#   make test-random     100,000 reads and writes in all orders in each place, of which make test does some
#   make coverage        which lines the tests on the host reach
#   make size            what loader and crash dump take of the memory that they may have
#   make test-debian13   make, make unit and make demo on a Debian 13 in a folder; takes a quarter of an hour
#   make dump-module     build/dump/linux/sanstrap_dump.ko, which `make` builds where a kernel's headers are
#   make deps            installs the Debian packages that are missing
#   make clean           removes build/
#
# Root gets the packages that are missing, other users their names. V=1 shows the commands; WERROR=1 makes warnings errors.

SANSTRAP_VERSION := 0.1

ifndef V
Q := @
say := @echo
else
say := @:
endif

# make -n and its like: read before MAKEFLAGS holds more than what was typed.
DRY_RUN := $(findstring n,$(firstword -$(MAKEFLAGS)))

# For goals that call make again: that one uses what the machine has, unless somebody said how much.
ALL_PROCESSORS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# Tests at one time, made for two processors: a machine that boots waits for a quarter of its time.
AT_ONCE := 3

# Only the rules written here; compilers write the .d files.
MAKEFLAGS += --no-builtin-rules
%.d: ;

.PHONY: all
all:

include mk/deps.mk
include mk/third_party.mk
include net/net.mk
include iscsi/iscsi.mk

THIRD_PARTY_READY := $(LWIP_READY) $(BEARSSL_READY)
CORE_SOURCES := $(wildcard platform/*.c nicdrv/*.c net/*.c iscsi/*.c cache/*.c handoff/*.c dump/*.c loader/*.c)
INCLUDES := -I. -Inet -Inet/port
THIRD_PARTY_INCLUDES := -isystem $(LWIP_DIR)/src/include -isystem $(BEARSSL_DIR)/inc -isystem $(BEARSSL_DIR)/src
WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wshadow -Wvla
# Tests call make with it. A compiler that came after us may warn of more, and a user's build goes on.
ifdef WERROR
WARNINGS += -Werror
endif
DEFINES := -DSANSTRAP_VERSION='"$(SANSTRAP_VERSION)"'

include mk/compile.mk
include mk/bare.mk
include bios/bios.mk
include mk/efi.mk
include mk/dump.mk
-include $(wildcard tools/*/*.mk)
include mk/host.mk
include mk/coverage.mk
include mk/size.mk
-include $(wildcard dump/*/*.mk)
-include $(wildcard tests/*/*.mk)
-include $(wildcard demo/*.mk)

# Programs that tests run; the .mk files above have named theirs.
.PHONY: test-programs
test-programs: $(TEST_PROGRAMS) $(FUZZ_PROGRAMS)

.PHONY: test
test: deps
	$(MAKE) $(ALL_PROCESSORS) WERROR=1 all unit-programs test-programs
	/usr/bin/python3 -m pytest -n $(AT_ONCE) tests

.PHONY: clean
clean:
	rm -rf build
