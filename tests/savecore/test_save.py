# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap-savecore --save and its like: dumps that another writer left, whole and torn at every step."""
import fcntl
import os
import resource
import signal
import stat
import struct
import subprocess
import time

import pytest

from tests.savecore.disks import (Area, DATA, Disk, DONE, FREE, MIB, NOTHING, PART, STARTED, TOOL, TRAILER, TROUBLE, WHOLE,
                                  areas, crc32c, disk_with_area, run)

CONTENT = b"".join(struct.pack("<I", number * 2654435761 & 0xFFFFFFFF) for number in range(30000)) + bytes(300000) + b"the end"


def prepared(folder, block_size=512, **more):
    disk, area = disk_with_area(folder, block_size, **more)
    assert run("--prepare", "--partition=2", *disk.options, disk)[0] == DONE
    return disk, area


def save(disk, folder, *options, how="--save"):
    """The status, the area as JSON tells of it, the complaints, and the folders that there are then, hidden ones included."""
    crashes = folder / "crash"
    status, (area,), err = areas(how, f"--directory={crashes}", *options, *disk.options, disk)
    found = sorted(crashes.iterdir()) if crashes.exists() else []
    assert not [path for path in found if path.name.startswith(".")], "an unfinished folder is left"
    return status, area, err, found


def state(disk):
    return areas("--list", *disk.options, disk)[1][0]["state"]


# ---- whole ones ----

@pytest.mark.parametrize("block_size", (512, 4096))
def test_prepared_then_dumped_then_saved_then_free_again(tmp_path, block_size):
    disk, area = prepared(tmp_path, block_size)
    free_head = disk.read(area.offset, 512)
    assert state(disk) == "free"
    area.dump(CONTENT)
    assert state(disk) == "complete"
    rest = disk.read(area.offset + block_size, area.length - block_size)

    status, found, err, folders = save(disk, tmp_path)
    assert status == DONE, err
    assert [path.name for path in folders] == [time.strftime("%Y-%m-%d-%H%M%S", time.gmtime(STARTED))]
    assert found["saved_to"] == str(folders[0])
    assert (folders[0] / "vmcore").read_bytes() == CONTENT
    assert disk.read(area.offset, 512) == free_head
    assert disk.read(area.offset + block_size, area.length - block_size) == rest
    assert state(disk) == "free"

    assert save(disk, tmp_path)[0] == NOTHING


def test_what_is_saved_is_roots_alone_and_has_holes(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(b"\1" * 4096 + bytes(4 * MIB) + b"\2" * 4096)
    _, _, _, (folder,) = save(disk, tmp_path)
    core = os.stat(folder / "vmcore")
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert core.st_size == 4 * MIB + 8192 and core.st_blocks * 512 <= MIB


def test_the_facts_of_a_dump(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, boot_id=bytes(range(16)), reason=b"Fatal \"exception\"\x1b[2J", system=b"s" * 128)
    status, (found,), _ = areas("--list", disk)
    assert status == DONE
    assert found["name"] == f"{disk}, partition 2" and found["problem"] is None
    assert (found["disk"], found["partition"], found["block_size"]) == (str(disk), 2, 512)
    assert (found["first_lba"], found["blocks"], found["capacity"]) == (4096, 16384, 8 * MIB - DATA)
    assert found["area_id"] == area.area_id().hex()
    assert found["dump"] == {"id": b"the dump's id 16".hex(), "format": "elf", "boot_id": bytes(range(16)).hex(),
                             "started": STARTED, "memory": len(CONTENT), "producer": "sanstrap_dump 0.1",
                             "system": "s" * 128, "reason": "Fatal \"exception\"\x1b[2J"}
    assert found["trailer"] == {"status": 0, "detail": None, "length": len(CONTENT), "crc32c": crc32c(CONTENT), "reconnects": 1,
                                "milliseconds": 1234}
    _, out, _ = run("--list", disk)
    assert "Fatal \"exception\"\\x1b[2J" in out and "complete" in out
    _, _, _, (folder,) = save(disk, tmp_path)
    assert "Fatal \"exception\"\\x1b[2J" in (folder / "info").read_text()


def test_two_dumps_of_one_second(tmp_path):
    disk, area = prepared(tmp_path)
    for number in range(3):
        area.dump(b"%d" % number * 5000)
        assert save(disk, tmp_path)[0] == DONE
    _, _, _, folders = save(disk, tmp_path)
    assert [path.name[17:] for path in folders] == ["", "-2", "-3"]
    assert [(path / "vmcore").read_bytes()[:1] for path in folders] == [b"0", b"1", b"2"]


def test_a_clock_that_is_none(tmp_path):
    disk, area = prepared(tmp_path)
    for started in (0, 2**63, 2**64 - 1):
        area.dump(CONTENT, started=started)
        assert save(disk, tmp_path)[0] == DONE


def test_kept(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    assert save(disk, tmp_path, "--keep")[0] == DONE
    assert state(disk) == "complete"


def test_two_areas_of_one_disk_and_an_extent_by_hand(tmp_path):
    disk = Disk(tmp_path / "disk.img")
    area = Area(disk, 8 * MIB, 8 * MIB)
    place = [f"--extent={8 * MIB // 512}:{8 * MIB // 512}", disk]
    assert run("--prepare", *place)[0] == DONE
    area.dump(CONTENT)
    status, (found,), err = areas("--save", f"--directory={tmp_path}/crash", *place)
    assert (status, found["partition"], found["state"]) == (DONE, None, "free"), err


def test_a_dump_that_fills_the_area_to_the_disks_last_byte(tmp_path):
    disk = Disk(tmp_path / "disk.img", 8 * MIB)
    area = Area(disk, 4 * MIB, 4 * MIB)
    place = [f"--extent={4 * MIB // 512}:{4 * MIB // 512}", disk]
    assert run("--prepare", *place)[0] == DONE
    content = area.dump(b"\xa5" * (4 * MIB - DATA))
    assert run("--save", f"--directory={tmp_path}/crash", *place)[0] == DONE
    folder, = (tmp_path / "crash").iterdir()
    assert (folder / "vmcore").read_bytes() == content


def test_areas_and_directory_of_the_configuration(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    file = tmp_path / "savecore.conf"
    file.write_text(f"# what is saved\n\n directory={tmp_path}/elsewhere\npartition=2  {disk}\r\n")
    status, out, err = run(f"--config={file}", "--save")
    assert status == DONE, err
    assert f"{tmp_path}/elsewhere/20" in out
    file.write_text(f"extent=4096:16384 {disk}\n")
    assert run(f"--config={file}", "--list")[0] == DONE


@pytest.mark.parametrize("line", ("nonsense", "partition=", "extent=1:2", "extent=1 disk", "disk=a b", "directory=a b", "=x",
                                  "partition=2 "))
def test_a_configuration_that_cannot_be_read(tmp_path, line):
    file = tmp_path / "savecore.conf"
    file.write_text(f"# first\n{line}\n")
    status, _, err = run(f"--config={file}", "--list", "/nowhere")
    assert status == TROUBLE
    assert "line 2" in err or "--extent is" in err or "No such file" in err


# ---- torn and spoilt ones ----

def kept(disk, folder, because, how="--save"):
    """Nothing is saved, it says why, and the disk stays as it is to the last byte."""
    before = disk.content()
    status, found, err, folders = save(disk, folder, how=how)
    assert (status, found["saved_to"], folders) == (TROUBLE, None, [])
    assert because in err
    assert disk.content() == before
    return found


@pytest.mark.parametrize("steps,because", (
    (1, "it has no trailer"),
    (2, "it has no trailer"),
    (3, f"all {len(CONTENT)} bytes were written, but the head was not"),
))
def test_torn_after_each_step(tmp_path, steps, because):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, steps)
    assert kept(disk, tmp_path, because)["state"] == "incomplete"
    assert areas("--check", disk)[0] == TROUBLE


def test_given_up_with_an_error(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, 3, status=307, detail=b"no answer for 30 s\x07")
    found = kept(disk, tmp_path, f"it ended after {len(CONTENT)} bytes with S307, The connection stalled: no answer for 30 s")
    assert (found["trailer"]["status"], found["trailer"]["length"]) == (307, len(CONTENT))


def test_a_trailer_of_an_earlier_dump_is_none(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    assert save(disk, tmp_path)[0] == DONE
    area.dump(CONTENT, 2, dump_id=b"another dump's !")
    status, found, err, _ = save(disk, tmp_path)
    assert (status, found["trailer"]) == (TROUBLE, None)
    assert "it has no trailer" in err
    area.write_head(area.head(WHOLE, area.area_id(), b"another dump's !"))
    assert save(disk, tmp_path)[1]["state"] == "damaged"


@pytest.mark.parametrize("where", (0, 5, len(CONTENT) // 2, len(CONTENT) - 1))
def test_one_flipped_bit_of_the_data(tmp_path, where):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    disk.flip(area.offset + DATA + where)
    assert areas("--check", disk)[1][0]["state"] == "damaged"
    assert kept(disk, tmp_path, "have the CRC-32C")["state"] == "damaged"


def test_a_bit_behind_the_data_is_nobodys(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    disk.flip(area.offset + DATA + len(CONTENT))
    assert areas("--check", disk)[0] == DONE
    assert save(disk, tmp_path)[0] == DONE


@pytest.mark.parametrize("length", (0, 8 * MIB - DATA + 1, 2**63, 2**64 - 1))
def test_a_length_that_cannot_be(tmp_path, length):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, length=length)
    kept(disk, tmp_path, f"its trailer says that it has {length} bytes; the area holds 1 to {8 * MIB - DATA}")
    assert areas("--check", disk)[0] == TROUBLE


def test_a_complete_head_with_an_error_in_the_trailer(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, status=305)
    kept(disk, tmp_path, "its trailer that it ended with S305")


@pytest.mark.parametrize("byte", (0, 16, 20, 24, 40, 48, 56, 64, 511))
def test_a_flipped_bit_of_the_head_is_no_mark(tmp_path, byte):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    disk.flip(area.offset + byte)
    before = disk.content()
    assert save(disk, tmp_path)[:2][0] == NOTHING
    assert state(disk) == "unmarked"
    assert run("--clear", disk)[0] == TROUBLE
    assert disk.content() == before


@pytest.mark.parametrize("byte", (0, 16, 32, 36, 40, 48, 511))
def test_a_flipped_bit_of_the_trailer(tmp_path, byte):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    disk.flip(area.offset + TRAILER + byte)
    kept(disk, tmp_path, "it has no trailer")


def test_another_format(tmp_path):
    disk, area = prepared(tmp_path)
    area.write_head(area.head(FREE, area.area_id(), version=(2, 0)))
    assert state(disk) == "unmarked"
    area.write_head(area.head(FREE, area.area_id(), version=(1, 9)))
    assert state(disk) == "free"


@pytest.mark.parametrize("place", ((4097, 16384, 512), (4096, 16383, 512), (512, 2048, 4096)))
def test_a_mark_of_another_place(tmp_path, place):
    disk, area = prepared(tmp_path)
    for signature in (FREE, PART, WHOLE):
        area.write_head(area.head(signature, area.area_id(), place=place))
        assert kept(disk, tmp_path, "it was moved or copied")["state"] == "elsewhere"
        kept(disk, tmp_path, "it was moved or copied", how="--force-save")
        assert run("--clear", disk)[0] == TROUBLE
    assert run("--prepare", "--partition=2", disk)[0] == DONE


def test_blocks_of_another_size(tmp_path):
    """A disk whose blocks grew has its GPT, and so its areas, nowhere."""
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    status, found, _ = areas("--save", "--block-size=4096", f"--directory={tmp_path}/crash", disk)
    assert (status, found) == (TROUBLE, [])
    status, (found,), _ = areas("--save", "--block-size=4096", "--extent=512:2048", f"--directory={tmp_path}/crash", disk)
    assert (status, found["state"]) == (TROUBLE, "elsewhere")


# ---- what is done with them ----

def elf(*sizes):
    """A core's headers: segments of these sizes behind each other from 4096 on."""
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 4, 62, 1, 0, 64, 0, 0, 64, 56, len(sizes), 0, 0, 0)
    at = 4096
    for size in sizes:
        header += struct.pack("<IIQQQQQQ", 1, 7, at, 0, 0, size, size, 0)
        at += size
    return header.ljust(4096, b"\0")


@pytest.mark.parametrize("content,memory,length", (
    (elf(50000, 4097), 2**63, 4096 + 54097),
    (elf(2**62), 1, 8 * MIB - DATA),
    (elf(2**63), 4321, 4321),
    (b"no ELF core", 12345, 12345),
    (b"no ELF core", 2**64 - 1, 8 * MIB - DATA),
))
def test_force_save_copies_what_a_dump_without_a_trailer_says_of_itself(tmp_path, content, memory, length):
    disk, area = prepared(tmp_path)
    area.dump(content, 2, memory=memory)
    before = disk.content()
    status, found, _, (folder,) = save(disk, tmp_path, how="--force-save")
    assert (status, found["state"]) == (DONE, "incomplete")
    assert not (folder / "vmcore").exists()
    copy = (folder / "vmcore-incomplete").read_bytes()
    assert len(copy) == length and copy == disk.read(area.offset + DATA, length)
    assert disk.content() == before


def test_force_save_of_a_part_and_of_a_damaged_one(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, 3, status=307, length=5000)
    _, _, _, (folder,) = save(disk, tmp_path, how="--force-save")
    assert (folder / "vmcore-incomplete").read_bytes() == CONTENT[:5000]
    area.dump(CONTENT, crc=1)
    status, found, _, folders = save(disk, tmp_path, how="--force-save")
    assert (status, found["state"], len(folders)) == (DONE, "damaged", 2)
    assert (folders[1] / "vmcore-incomplete").read_bytes() == CONTENT
    assert state(disk) == "complete", "the mark stays as it is"


def test_force_save_of_one_that_only_lacks_its_last_head(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT, 3)
    _, found, _, (folder,) = save(disk, tmp_path, how="--force-save")
    assert (folder / "vmcore").read_bytes() == CONTENT
    assert found["state"] == "incomplete"


def files_of_at_most(size):
    """Writes behind that fail, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("how,named", (("--save", []), ("--force-save", ["vmcore-incomplete"])))
def test_a_copy_that_breaks_off_does_not_free_a_whole_dump(tmp_path, how, named):
    disk, area = prepared(tmp_path)
    area.dump(b"\xa5" * (6 * MIB))
    before = disk.content()
    done = subprocess.run([TOOL, "--config=/dev/null", how, f"--directory={tmp_path}/crash", disk.path], timeout=240, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda: files_of_at_most(4 * MIB))
    assert done.returncode == TROUBLE
    assert b"the copy cannot be written" in done.stderr
    cores = list((tmp_path / "crash").glob("[0-9]*/vmcore*"))
    assert [core.name for core in cores] == named
    assert all(core.stat().st_size < 6 * MIB for core in cores)
    assert disk.content() == before and state(disk) == "complete"


@pytest.mark.parametrize("steps", (1, 2, 3, 4))
def test_clear(tmp_path, steps):
    disk, area = prepared(tmp_path)
    free_head = disk.read(area.offset, 512)
    assert run("--clear", disk)[0] == NOTHING
    area.dump(CONTENT, steps)
    assert run("--clear", "--partition=2", disk)[0] == DONE
    assert disk.read(area.offset, 512) == free_head
    assert state(disk) == "free"


def test_check_reads_through_and_writes_nothing(tmp_path):
    disk, area = prepared(tmp_path)
    assert areas("--check", disk)[0] == NOTHING
    area.dump(CONTENT)
    before = disk.content()
    status, (found,), _ = areas("--check", disk)
    assert (status, found["state"]) == (DONE, "complete")
    assert disk.content() == before


# ---- where it is copied to ----

def test_a_directory_that_cannot_be_used(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    (tmp_path / "file").write_bytes(b"")
    for directory, because in (("file", "cannot"), ("not/there", "cannot make the directory")):
        status, _, err = run("--save", f"--directory={tmp_path}/{directory}", disk)
        assert status == TROUBLE and because in err
        assert state(disk) == "complete"


def test_what_an_interrupted_run_left_is_taken_away(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    left = tmp_path / "crash" / ("." + b"the dump's id 16".hex() + ".partial")
    left.mkdir(parents=True)
    (left / "vmcore").write_bytes(b"half a dump")
    status, _, _, (folder,) = save(disk, tmp_path)
    assert status == DONE and (folder / "vmcore").read_bytes() == CONTENT


def test_what_other_dumps_left_is_removed_and_nothing_else(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    crashes = tmp_path / "crash"
    names = {"gone": f".{17:032x}.partial", "held": f".{18:032x}.partial", "his": f".{19:032x}.partial", "other": ".12.partial"}
    for name in names.values():
        (crashes / name).mkdir(parents=True, mode=0o700)
        (crashes / name / "vmcore").write_bytes(b"half a dump")
    os.chown(crashes / names["his"], 65534, 65534)
    held = os.open(crashes / names["held"], os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)

    status, _, err = run("--save", f"--directory={crashes}", disk)
    os.close(held)
    assert status == DONE and f"{names['gone']}, which an interrupted run had left, is removed" in err
    assert {path.name for path in crashes.glob(".*")} == {names["held"], names["his"], names["other"]}


def test_who_locks_the_directory_keeps_nobody_from_saving(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    (tmp_path / "crash").mkdir()
    reader = os.open(tmp_path / "crash", os.O_RDONLY)
    fcntl.flock(reader, fcntl.LOCK_EX)
    status, _, err, _ = save(disk, tmp_path)
    os.close(reader)
    assert status == DONE, err


def test_a_second_run_of_the_same_dump(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    hidden = tmp_path / "crash" / ("." + b"the dump's id 16".hex() + ".partial")
    hidden.mkdir(parents=True, mode=0o700)
    (hidden / "vmcore").write_bytes(b"half a dump")
    first = os.open(hidden, os.O_RDONLY)
    fcntl.flock(first, fcntl.LOCK_EX)
    status, _, err = run("--save", f"--directory={tmp_path}/crash", disk)
    os.close(first)
    assert status == TROUBLE and "another sanstrap-savecore is saving that dump" in err
    assert (hidden / "vmcore").read_bytes() == b"half a dump" and state(disk) == "complete"


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    (tmp_path / "crash").mkdir()
    (tmp_path / "victim").mkdir()
    (tmp_path / "crash" / ("." + b"the dump's id 16".hex() + ".partial")).symlink_to(tmp_path / "victim")
    assert run("--save", f"--directory={tmp_path}/crash", disk)[0] == TROUBLE
    assert list((tmp_path / "victim").iterdir()) == []
    assert state(disk) == "complete"


def test_somebody_elses_folder_is_not_saved_to(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(CONTENT)
    left = tmp_path / "crash" / ("." + b"the dump's id 16".hex() + ".partial")
    left.mkdir(parents=True)
    (left / "info").write_bytes(b"his")
    for owner, mode in ((65534, 0o700), (0, 0o777)):
        os.chown(left, owner, owner)
        left.chmod(mode)
        status, _, err = run("--save", f"--directory={tmp_path}/crash", disk)
        assert status == TROUBLE and "somebody else's" in err
        assert [path.name for path in left.iterdir()] == ["info"]
        assert state(disk) == "complete"


def test_help_and_version():
    assert run("--help")[0] == DONE and "--prepare" in run("--help")[1]
    assert run("--version")[1].startswith("sanstrap-savecore ")


def on_a_small_file_system(folder, disk):
    """--save to 20 MiB, in a mount namespace of its own."""
    crashes = folder / "crash"
    crashes.mkdir(exist_ok=True)
    script = ('mount -t tmpfs -o size=20m none "$1" && "$2" --config=/dev/null --save "--directory=$1" "$3"; '
              'status=$?; ls -A "$1"; exit $status')
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", crashes, TOOL, disk.path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=240, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_too_little_room(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(b"\xa5" * (7 * MIB))
    status, out, err = on_a_small_file_system(tmp_path, disk)
    assert (status, out) == (TROUBLE, "")
    assert "MiB free, and the dump needs 24 MiB" in err
    assert state(disk) == "complete"


def test_zeros_take_no_room(tmp_path):
    disk, area = prepared(tmp_path)
    area.dump(b"\xa5" * MIB + bytes(6 * MIB))
    assert on_a_small_file_system(tmp_path, disk)[0] == DONE
    assert state(disk) == "free"
