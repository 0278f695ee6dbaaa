# SPDX-License-Identifier: BSD-2-Clause
# build/sanstrap-savecore: fetches crash dumps from their areas on disks, and marks such areas.
$(eval $(call host_tool,savecore,dump/area.c $(addprefix platform/,crc32.c crc32c.c format.c status.c)))
