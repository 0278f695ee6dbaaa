# SPDX-License-Identifier: BSD-2-Clause
# The same sources for the host, under the sanitizers: a library that unit tests and host programs link what they need from.

HOST_CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HOST_OBJECTS := $(CORE_SOURCES:%.c=build/host/%.o) $(LWIP_SOURCES:%.c=build/host/lwip/%.o) $(BEARSSL_SOURCES:%.c=build/host/bearssl/%.o) \
	$(BIOS_PURE:%.c=build/host/%.o) $(patsubst %.c,build/host/%.o,$(wildcard tests/host/*.c))
HOST_LIBRARY := build/host/libsanstrap.a
UNIT_PROGRAMS := $(patsubst %.c,build/host/%,$(wildcard tests/unit/test_*.c))

build/host/lwip/%.o: $(THIRD_PARTY_READY) net/lwipopts.h
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(HOST_CFLAGS) $(INCLUDES) $(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $(LWIP_DIR)/$*.c -o $@

# BearSSL reads unaligned words on purpose where the CPU can.
build/host/bearssl/%.o: $(THIRD_PARTY_READY)
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(HOST_CFLAGS) -fno-sanitize=alignment $(INCLUDES) $(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $(BEARSSL_DIR)/$*.c -o $@

build/host/%.o: %.c | $(THIRD_PARTY_READY)
	@mkdir -p $(@D)
	$(say) "CC $@"
	$(Q)gcc $(HOST_CFLAGS) $(INCLUDES) $(THIRD_PARTY_INCLUDES) $(DEFINES) $(WARNINGS) -MMD -MP -c $< -o $@

$(HOST_LIBRARY): $(HOST_OBJECTS)
	@rm -f $@
	$(say) "AR $@"
	$(Q)ar rcs $@ $^

build/host/tests/unit/%: build/host/tests/unit/%.o $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $< $(HOST_LIBRARY) -lcmocka -o $@

.SECONDARY: $(UNIT_PROGRAMS:=.o)
-include $(HOST_OBJECTS:.o=.d) $(UNIT_PROGRAMS:=.d)

.PHONY: unit-programs unit
unit-programs: $(UNIT_PROGRAMS)
unit: unit-programs
	@set -e; for program in $(UNIT_PROGRAMS); do echo "== $$program"; $$program; done

# Programs that other tests run; tests/*/*.mk add to this.
.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)
