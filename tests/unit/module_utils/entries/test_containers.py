# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers and lines: every line comes out once, or what hides it is named."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import containers, lines, reading
from hypothesis import given
from hypothesis import strategies as st

LINES = st.lists(
    st.binary(min_size=1, max_size=200).map(lambda b: b.replace(b"\n", b".").replace(b"\r", b".")), max_size=30
)


def tarred(content: bytes, name: str = "mongod.log", form: int = tarfile.PAX_FORMAT) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            other = tarfile.TarInfo(f"other{kind.decode()}")
            other.type, other.linkname = kind, "/etc/passwd"
            archive.addfile(other)
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def zipped(content: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/", b"")
        archive.writestr("logs/mongod.log", content)
    return raw.getvalue()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two gzips": lambda content: (
        gzip.compress(content[: len(content) // 2]) + gzip.compress(content[len(content) // 2 :])
    ),
    "padded gzip": lambda content: gzip.compress(content) + b"\0" * 1000,
    "tar": tarred,
    "tar.gz": lambda content: gzip.compress(tarred(content)),
    "gzip in tar.gz": lambda content: gzip.compress(tarred(gzip.compress(content))),
    "long name": lambda content: tarred(content, "x" * 300),
    "long name of GNU": lambda content: tarred(content, "x" * 300, tarfile.GNU_FORMAT),
    "zip": zipped,
    "gzip in zip": lambda content: zipped(gzip.compress(content)),
}


def read(data: bytes) -> tuple[list[tuple[int, bytes]], list[str]]:
    """Return numbered lines that have text, and the reasons of what could not be read."""
    found, reasons = [], []
    for _member, block in reading.parts(io.BytesIO(data), len(data)):
        for entry in reading.entries(block):
            if block.reason:
                reasons.append(entry.facts["reason"])
            else:
                found.append((entry.number, entry.line))
    return found, reasons


def text_of(written: list[bytes]) -> bytes:
    # What begins like a document of BSON, or a container, is one.
    return b"\n".join([b"begin", *written]) + b"\n"


@pytest.mark.parametrize("name", CONTAINERS)
@given(written=LINES)
def test_every_line_comes_out_once_with_its_number(name: str, written: list[bytes]) -> None:
    found, reasons = read(CONTAINERS[name](text_of(written)))
    assert found == list(enumerate([b"begin", *written], 1))
    assert reasons == []


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name != "plain"])
@given(cut=st.floats(0.05, 0.95))
def test_what_is_cut_gives_what_came_before_and_is_named(name: str, cut: float) -> None:
    rng = random.Random(7)
    written = [b"line %d %d" % (number, rng.getrandbits(200)) for number in range(400)]
    whole = CONTAINERS[name](b"\n".join(written) + b"\n")
    found, reasons = read(whole[: int(len(whole) * cut)])
    complete = [line for number, line in found if number <= len(written) and line == written[number - 1]]
    assert len(found) - len(complete) <= 1, "only the last line may be half a one"
    assert len(complete) == len(written) or reasons


@given(place=st.integers(20, 3000), name=st.sampled_from(["gzip", "tar.gz", "tar", "zip", "gzip in tar.gz"]))
def test_what_is_damaged_never_loses_a_line_in_silence(place: int, name: str) -> None:
    rng = random.Random(8)
    written = [b"line %d %d" % (number, rng.getrandbits(200)) for number in range(100)]
    data = bytearray(CONTAINERS[name](b"\n".join(written) + b"\n"))
    data[place % len(data)] ^= 0x55
    found, reasons = read(bytes(data))
    assert reasons or len(found) >= len(written)


def test_a_damaged_gzip_gives_all_that_comes_before_the_damage() -> None:
    rng = random.Random(9)
    written = [b"%d %d" % (number, rng.getrandbits(400)) for number in range(5000)]
    data = bytearray(gzip.compress(b"\n".join(written)))
    place = len(data) * 9 // 10
    data[place : place + 40] = b"\xff" * 40
    found, reasons = read(bytes(data))
    assert len(found) > 4000
    assert len(reasons) == 1
    assert [line for _number, line in found[:4000]] == written[:4000]


def test_a_member_that_is_damaged_hides_no_other() -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in (("a.gz", b"\x1f\x8b" + b"x" * 700), ("b.zip", zipped(b"x\n")), ("c.log", b"third\n")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    found, reasons = read(raw.getvalue())
    assert found == [(1, b"third")]
    assert len(reasons) == 2


def test_tars_in_a_row_are_all_read() -> None:
    found, reasons = read(tarred(b"one\n") + tarred(b"two\n"))
    assert ([line for _number, line in found], reasons) == ([b"one", b"two"], [])


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: gzip.compress(gzip.compress(data))])
def test_a_bomb_is_named(monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    monkeypatch.setattr(containers, "_ROOM", 1024 * 1024)
    found, reasons = read(pack(b"\n" * 64 * 1024 * 1024))
    assert found == []
    assert "far more than a log does" in reasons[0]


@pytest.mark.parametrize("sizes", [[16 * 1024 * 1024], [1, 50 * 1024 * 1024, 2], [41 * 1024 * 1024]])
def test_long_lines(sizes: list[int]) -> None:
    found, reasons = read(b"".join(b"x" * size + b"\n" for size in sizes))
    assert [len(line) for _number, line in found] == [size for size in sizes if size <= lines.LONGEST]
    assert [number for number, _line in found] == [
        number for number, size in enumerate(sizes, 1) if size <= lines.LONGEST
    ]
    assert len(reasons) == sum(size > lines.LONGEST for size in sizes)


@given(pieces=st.lists(st.binary(max_size=50), max_size=20))
def test_blocks_are_the_same_bytes(pieces: list[bytes]) -> None:
    blocks = list(lines.blocks(iter(pieces)))
    assert b"".join(block.data for block in blocks) == b"".join(pieces)
    number = 1
    for block in blocks:
        assert (block.number, block.reason) == (number, "")
        number += block.data.count(b"\n")
