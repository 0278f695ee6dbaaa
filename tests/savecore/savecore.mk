# SPDX-License-Identifier: BSD-2-Clause
# build/host/sanstrap-savecore is the tool under the sanitizers.
$(eval $(call sanitized_tool,savecore))
