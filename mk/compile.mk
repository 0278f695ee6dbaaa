# SPDX-License-Identifier: BSD-2-Clause
# $(call remember,TEXT): the recipe of a file that holds TEXT, and is only written when it held another.
define remember
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' > $@
endef
.PHONY: FORCE
FORCE:

# $(call compile_into,FOLDER,COMPILER AND FLAGS): rules that compile the project's sources, lwIP's and BearSSL's into FOLDER.
# Third-party code is taken as it is: its warnings are its authors', and BearSSL reads unaligned words on purpose where the CPU
# can.
# FOLDER/flags is what they were compiled with: another compiler or other flags compile them anew, but for -Werror, which changes
# no object. FLAGS is fixed here, before any target adds flags of its own.
define compile_into
$(1)/flags: FLAGS := $$(shell $(firstword $(2)) -dumpversion 2>/dev/null) $(2) $$(INCLUDES) $$(THIRD_PARTY_INCLUDES) $$(DEFINES) \
	$$(filter-out -Werror,$$(WARNINGS))
$(1)/flags: FORCE
	$$(call remember,$$(FLAGS))

# What it reads of ours it reads through headers of its own, which -MMD does not tell of.
$(1)/lwip/%.o: $$(THIRD_PARTY_READY) net/lwipopts.h $$(wildcard net/port/arch/*.h) $(1)/flags
	@mkdir -p $$(@D)
	$$(say) "CC $$@"
	$$(Q)$(2) $$(INCLUDES) $$(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $$(LWIP_DIR)/$$*.c -o $$@

$(1)/bearssl/%.o: $$(THIRD_PARTY_READY) $(1)/flags
	@mkdir -p $$(@D)
	$$(say) "CC $$@"
	$$(Q)$(2) -fno-sanitize=alignment $$(INCLUDES) $$(THIRD_PARTY_INCLUDES) -w -MMD -MP -c $$(BEARSSL_DIR)/$$*.c -o $$@

$(1)/%.o: %.c $(1)/flags | $$(THIRD_PARTY_READY)
	@mkdir -p $$(@D)
	$$(say) "CC $$@"
	$$(Q)$(2) $$(INCLUDES) $$(THIRD_PARTY_INCLUDES) $$(DEFINES) $$(WARNINGS) -MMD -MP -c $$< -o $$@

# Nor does -MMD tell of lwIP's headers, which a patch may change.
$(patsubst %.c,$(1)/%.o,$(wildcard net/*.c)): $$(LWIP_READY)
endef

# $(call objects_in,FOLDER,SOURCES): their objects there, with those of the third parties.
objects_in = $(2:%.c=$(1)/%.o) $(LWIP_SOURCES:%.c=$(1)/lwip/%.o) $(BEARSSL_SOURCES:%.c=$(1)/bearssl/%.o)
