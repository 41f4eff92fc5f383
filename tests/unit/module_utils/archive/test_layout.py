# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: nothing a server sends leads out of its folder or onto another unit's file."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from hypothesis import example, given
from hypothesis import strategies as st

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\Z")

LETTERS = "abcxyzABCXYZ0189_"


def plain(longest: int) -> st.SearchStrategy[str]:
    """Return names that need no change."""
    first, rest = st.sampled_from(LETTERS), st.text(LETTERS + ".-", max_size=longest - 1)
    return st.builds(str.__add__, first, rest)


plain_names = plain(200)
any_names = st.one_of(st.text(max_size=300), plain_names, st.sampled_from(["..", ".", "-", "", "../../etc/passwd"]))
instants = st.integers(0, 253_370_764_799)
spans = st.builds(lambda begin, length: Span(begin, begin + length), st.integers(0, 10**10), st.integers(1, DAY))
series = st.builds(Series, plain(60), st.sampled_from(["slow", "error", "audit"]))


@given(any_names, st.text())
@example("../../../../audit.log", "1")
@example("/tmp/audit.log", "1")
@example("audit.log\nstatus: collected\x1b[31m\u202e", "1")
@example("n" * 300, "1")
@example("-rf audit.log", "1")
@example("", "1")
@example("...---...", "1")
@example("\ud800", "\ud800")
def test_a_name_is_one_that_a_file_may_have(name: str, unit: str) -> None:
    assert SAFE.match(layout.safe_name(name, unit))


@given(st.sampled_from(layout.LITTER), st.text("abc.-_", max_size=5), st.booleans())
def test_what_others_left_is_no_archived_file_wherever_it_stands(pattern: str, rest: str, below: bool) -> None:
    name = pattern.replace("*", rest)
    assert layout.is_litter(name)
    assert layout.is_litter(f"node/slow/{name}/x" if below else f"node/slow/{name}")
    assert layout.place(f"node/slow/2026/03/01/{name}") is None
    assert layout.place(f"{name}/slow/2026/03/01/x") is None
    assert not layout.is_litter(f"node/slow/2026/03/01/x{name}")


def test_the_guide_names_all_that_others_leave() -> None:
    guide = Path(__file__).parents[4] / "docs" / "docsite" / "rst" / "guide_archive.rst"
    listed = (
        guide.read_text("utf-8").split("An asterisk\nstands for anything:", 1)[1].split(".. code-block:: text", 1)[1]
    )
    block = listed.split("\n\n", 2)[1]
    assert re.split(r"  +|\n +", block.strip()) == list(layout.LITTER)


@given(plain_names, st.text())
def test_a_plain_name_stays_as_it_is(name: str, unit: str) -> None:
    assert layout.safe_name(name, unit) == name


@given(any_names, any_names, st.text(), st.text())
@example("a/b", "a/b", "1", "2")
@example("a/b", "a:b", "1", "2")
@example("n" * 300, "n" * 301, "1", "2")
@example(".a", "a", "1", "2")
def test_no_two_units_share_a_file_unless_the_cloud_itself_named_them_alike(
    name: str, other: str, unit: str, other_unit: str
) -> None:
    alike = name == other and SAFE.match(name)
    if unit != other_unit and not alike:
        assert layout.safe_name(name, unit) != layout.safe_name(other, other_unit)


@given(series, instants, plain_names, st.text(), st.text())
def test_units_that_the_cloud_named_alike_are_kept_apart(
    of: Series, begin: int, name: str, unit: str, other: str
) -> None:
    path = layout.named_path(of, begin, name, unit)
    if unit != other:
        apart = layout.apart(path, other)
        assert apart != path
        assert apart != layout.apart(path, unit)
        assert posixpath.dirname(apart) == posixpath.dirname(path)
        assert SAFE.match(posixpath.basename(apart))


@given(st.tuples(any_names, any_names, any_names, any_names))
def test_the_folder_of_an_instance_lies_below_the_archive(parts: tuple[str, str, str, str]) -> None:
    provider, region, project, instance = parts
    folder = layout.instance_folder(provider, region, project, instance)
    assert folder.count("/") == 3
    assert all(SAFE.match(part) for part in folder.split("/"))


def test_without_a_project_the_folder_says_default() -> None:
    assert layout.instance_folder("dds", "eu-de", None, "abc") == "dds/eu-de/default/abc"
    assert layout.instance_folder("dds", "eu-de", "p-1", "abc") == "dds/eu-de/p-1/abc"


@given(series, spans, st.sampled_from(["", ".gz", ".tar.gz", ".zip"]))
def test_the_place_of_a_window_tells_the_window(of: Series, span: Span, extension: str) -> None:
    path = layout.window_path(of, span, extension)
    name = layout.window_unit(span) + extension
    assert layout.place(path) == Place(of, name, span.begin // DAY * DAY, span)


@given(series, instants, any_names, st.text())
def test_the_place_of_a_named_file_tells_series_name_and_day(of: Series, begin: int, name: str, unit: str) -> None:
    found = layout.place(layout.named_path(of, begin, name, unit))
    assert found is not None
    assert found[:3] == (of, layout.safe_name(name, unit), begin // DAY * DAY)


@given(series, instants)
def test_files_stand_in_the_folder_of_their_day(of: Series, instant: int) -> None:
    folder = layout.day_folder(of, instant)
    assert folder == f"{of.node}/{of.log_type}/{iso(instant)[:10].replace('-', '/')}"


def test_paths_are_those_of_the_format() -> None:
    of, span = Series("mongo-1", "slow"), Span(1_795_132_800, 1_795_219_200)
    day = "mongo-1/slow/2026/11/20"
    assert layout.window_path(of, span, ".tar.gz") == f"{day}/20261120T000000Z_20261121T000000Z.tar.gz"
    assert layout.part_path(f"{day}/a.log") == f"{day}/.a.log.part"
    assert layout.named_path(of, span.begin, "a.log", "1") == f"{day}/a.log"


@given(series, instants, any_names, st.text())
def test_a_part_stands_beside_its_place_and_is_no_archived_file(of: Series, at: int, name: str, unit: str) -> None:
    path = layout.named_path(of, at, name, unit)
    part = layout.part_path(path)
    assert posixpath.dirname(part) == posixpath.dirname(path)
    assert len(posixpath.basename(part)) <= 255
    assert layout.place(part) is None


@pytest.mark.parametrize(
    "path",
    [
        "status.json",
        "ledger-2026-11.jsonl",
        "node/slow/2026/11/20",
        "node/slow/2026/11/20/",
        "node/slow/2026/11/20/.hidden",
        "node/slow/2026/11/31/a.log",
        "node/slow/2026/13/01/a.log",
        "node/slow/2026/1/1/a.log",
        "node/slow/\u0662\u0660\u0662\u0666/11/20/a.log",
        "node/slow/2026/11/20/deeper/a.log",
        "node/slow/2026/11/20/caf\u00e9.log",
        "node/slow/2026/11/20/caf\udce9.log.0a1b2c3d",
        "slow/2026/11/20/a.log",
        "node/slow/2026/11/20/20261320T000000Z_20261321T000000Z.gz",
    ],
)
def test_other_paths_are_no_archived_files(path: str) -> None:
    assert layout.place(path) is None


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("slow.tar.gz", ".tar.gz"),
        ("slow.log.gz", ".gz"),
        ("/objects/x-1.5/slow.zip", ".zip"),
        ("slow", ""),
        ("", ""),
        (".tar.gz", ".tar.gz"),
        ("slow.", ""),
        ("slow.something-long", ""),
        ("slow.waytoolong", ""),
        ("slow.g z", ""),
        ("slow.gz/", ""),
        ("slow.gz\n", ""),
        ("slow/../.x/..", ""),
    ],
)
def test_the_extension_is_kept_as_given_when_it_is_a_plain_one(name: str, extension: str) -> None:
    assert layout.extension(name) == extension


@given(st.text())
def test_an_extension_never_leads_elsewhere(name: str) -> None:
    assert re.match(r"(?:(?:\.tar)?\.[A-Za-z0-9]{1,8})?\Z", layout.extension(name))


@pytest.mark.parametrize("name", ["ledger-2026-11.jsonl", "ledger-0001-00.jsonl"])
def test_a_ledger_is_told_by_its_name(name: str) -> None:
    assert layout.LEDGER.match(name)
    for other in (f"x{name}", f"{name}.part", f"{name}\n", f".{name}.part", name.upper()):
        assert not layout.LEDGER.match(other)
