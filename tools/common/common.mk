# SPDX-License-Identifier: BSD-2-Clause
# The host's programs, for administrators: how they are compiled, and what they share. TOOL_PURE is what of them is in the
# libraries that tests and fuzzers link: all but each one's main.c, and platform.c.

TOOL_COMMON := $(wildcard tools/common/*.c)
TOOL_PURE := $(filter-out tools/common/platform.c,$(TOOL_COMMON))

TOOL_CFLAGS := -std=gnu11 -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -ffunction-sections
TOOL_LDFLAGS := -Wl,--gc-sections -Wl,-z,relro,-z,now
$(eval $(call compile_into,build/tool,gcc $$(TOOL_CFLAGS)))

# build/sanstrap-NAME of tools/NAME and what it takes of other rooms: $(call host_tool,NAME,sources)
define host_tool
TOOL_PURE += $(filter-out tools/$(1)/main.c,$(wildcard tools/$(1)/*.c))
all: build/sanstrap-$(1)
build/sanstrap-$(1): $(patsubst %.c,build/tool/%.o,$(wildcard tools/$(1)/*.c) $(TOOL_COMMON) $(2))
	$$(say) "LD $$@"
	$$(Q)gcc $(TOOL_CFLAGS) $(TOOL_LDFLAGS) $$^ -o $$@
-include $(patsubst %.c,build/tool/%.d,$(wildcard tools/$(1)/*.c) $(TOOL_COMMON) $(2))
endef

# build/host/sanstrap-NAME: the tool under the sanitizers, for its tests: $(call sanitized_tool,NAME)
define sanitized_tool
TEST_PROGRAMS += build/host/sanstrap-$(1)
build/host/sanstrap-$(1): build/host/tools/$(1)/main.o build/host/tools/common/platform.o $(HOST_LIBRARY)
	$$(say) "LD $$@"
	$$(Q)gcc $(HOST_CFLAGS) $$^ -o $$@
-include build/host/tools/$(1)/main.d build/host/tools/common/platform.d
endef
