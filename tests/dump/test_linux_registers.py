# SPDX-License-Identifier: BSD-2-Clause
"""What a dump tells of every CPU, of the one that panicked and of those that were at something else."""
import re
import struct

import pytest

from tests.dump import crash, kernel_modules
from tests.dump.test_linux_dump import more

NT_PRSTATUS = 1
PID, REGISTERS = 32, 112  # struct elf_prstatus of x86-64
IP, CS, SP = 16, 17, 19
BUSY = "while :; do :; done"


def notes(data):
    """(pid, registers) of each PRSTATUS."""
    (begin, _, size), = crash.segments(data, 4)
    at = begin
    while at < begin + size:
        name, length, kind = struct.unpack_from("<III", data, at)
        content = at + 12 + (name + 3 & ~3)
        if kind == NT_PRSTATUS and data[at + 12:at + 16] == b"CORE":
            yield struct.unpack_from("<I", data, content + PID)[0], struct.unpack_from("<27Q", data, content + REGISTERS)
        at = content + (length + 3 & ~3)


def kernel_text(debian):
    text = debian.run("grep -E ' (_stext|_etext)$' /proc/kallsyms")
    return range(*(int(re.search(rf"([0-9a-f]{{16}}) \w {name}\b", text).group(1), 16) for name in ("_stext", "_etext")))


def machine(lab, cpus, **options):
    """
    As many CPUs, and places for more: the shell is on the first one, a process in a loop on each other one, and Linux moves
    none of them. And the processes.
    """
    debian = crash.boot(lab, extra=["-smp", f"{cpus},maxcpus={2 * cpus}"], **options)
    debian.run("taskset -p 1 $$")
    texts = [debian.run(f"taskset {1 << cpu:x} sh -c '{BUSY}' & echo BUSY $!") for cpu in range(1, cpus)]
    return debian, {int(re.search(r"^BUSY (\d+)", text, re.M).group(1)) for text in texts}


def dumped(debian):
    debian.expect_dump()
    debian.machine.wait_end(60)
    core, _ = crash.holds(debian)
    return list(notes(crash.mapped(core)))


@pytest.mark.parametrize("cpus,kernel", [
    (2, []),
    pytest.param(4, [], marks=more),
    pytest.param(2, ["crash_kexec_post_notifiers"], marks=more),
])
def test_what_every_cpu_was_at(lab, cpus, kernel):
    """One is in panic(); the others are where they were before Linux stopped them, in its order or in that for kdump."""
    debian, busy = machine(lab, cpus, kernel=kernel)
    text = kernel_text(debian)
    assert "probe" not in debian.arms("reboot=now")
    debian.panic()
    debian.machine.expect(rf"Registers of {cpus} of {cpus} CPUs are there", 120, or_fail=crash.FAILED)
    found = dumped(debian)
    print([(pid, hex(registers[IP])) for pid, registers in found])
    assert len(found) == cpus
    for pid, registers in found:
        assert registers[SP] and (registers[IP] < 1 << 47 if registers[CS] & 3 else registers[IP] >= text.start)
        assert not registers[CS] & 3 or pid in busy
    assert any(pid in busy for pid, _ in found)


@more
def test_a_cpu_that_hangs_with_its_interrupts_off(lab):
    """It is seen where it hangs, and Linux, which has to stop it by an NMI, goes on."""
    debian, _ = machine(lab, 2)
    module = kernel_modules.send(debian, "hung_cpu")
    debian.arms("reboot=now")
    # The shell gets all at once: keys may come by the CPU that hangs.
    debian.panic(f"insmod {module}; cat /sys/module/hung_cpu/sections/.text; sleep 8; echo c > /proc/sysrq-trigger")
    text = int(debian.machine.expect(r"^0x([0-9a-f]{16})\n", 30).group(1), 16)
    debian.machine.expect("Registers of 2 of 2 CPUs are there", 120, or_fail=crash.FAILED)
    assert any(registers[IP] in range(text, text + crash.PAGE) for _, registers in dumped(debian))


@more
def test_a_probe_that_is_not_hit(lab):
    """The one that panicked has its registers, and stands at its place."""
    debian, _ = machine(lab, 2)
    debian.arms("reboot=now")
    debian.run("mount -t debugfs none /sys/kernel/debug; echo 0 > /sys/kernel/debug/kprobes/enabled")
    debian.panic()
    debian.machine.expect("Registers of 1 of 2 CPUs are there", 120, or_fail=crash.FAILED)
    found = dumped(debian)
    assert sorted(bool(registers[IP] and registers[SP]) for _, registers in found) == [False, True]
    assert (0, (0,) * 27) in found
