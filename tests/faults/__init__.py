# SPDX-License-Identifier: BSD-2-Clause
"""Targets, wires and networks that misbehave on demand, and the tests that run against them."""
