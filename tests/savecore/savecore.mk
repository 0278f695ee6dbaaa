# SPDX-License-Identifier: BSD-2-Clause
# build/host/sanstrap-savecore is the tool under the sanitizers.
TEST_PROGRAMS += build/host/sanstrap-savecore

SAVECORE_HOST_OBJECTS := build/host/tools/savecore/main.o build/host/tools/common/platform.o
build/host/sanstrap-savecore: $(SAVECORE_HOST_OBJECTS) $(HOST_LIBRARY)
	$(say) "LD $@"
	$(Q)gcc $(HOST_CFLAGS) $^ -o $@

-include $(SAVECORE_HOST_OBJECTS:.o=.d)
