# SPDX-License-Identifier: BSD-2-Clause
"""make bench and make bench-efi: how fast, beside others, in one run. docs/performance.md tells what is measured, and how."""
