# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_prune``: removes what may go, and leaves what must stay, killed wherever it may be."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import LOCK, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, PRUNED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

from ..archives import FIRST, SLOW, Made
from ..running import run_module

WHOLE = {"begin": iso(FIRST), "end": iso(FIRST + 4 * DAY)}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be noon of the tenth day."""
    monkeypatch.setattr(time, "time", lambda: FIRST + 9.5 * DAY)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of five days of 100 bytes each."""
    made = Made(tmp_path)
    made.opened()
    made.collected(0, 1, 2, 3, 4)
    return made


def prune(made: Made, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module."""
    arguments = {"archive": str(made.path.parents[3]), **options}
    return run_module("log_archive_prune", arguments, check=check, diff=True)


def days(result: dict[str, Any]) -> list[str]:
    """Return the days of the pruned units."""
    return [unit["begin"][8:10] for unit in result["units"]]


def pruned(made: Made) -> int:
    """Return how many units are pruned, as the ledger says."""
    return sum(event.status == PRUNED for event in made.ledger.units.values())


@pytest.mark.parametrize(
    ("rules", "gone", "kept"),
    [
        ({"max_age": "7d"}, ["01", "02"], 0),
        ({"max_age": "1h"}, ["01", "02", "03", "04"], 1),
        ({"max_bytes": "350"}, ["01", "02"], 0),
        ({"max_bytes": "0"}, ["01", "02", "03", "04"], 1),
        ({"max_bytes": "0.3K"}, ["01", "02"], 0),
        ({"max_age": "8d", "max_bytes": "1T"}, ["01"], 0),
    ],
)
def test_check_mode_says_what_the_run_then_does_once(
    made: Made, rules: dict[str, Any], gone: list[str], kept: int
) -> None:
    before = made.snapshot()
    planned = prune(made, check=True, **rules)
    assert made.snapshot() == before
    done = prune(made, **rules)
    assert {key: value for key, value in planned.items() if key != "invocation"} == {
        key: value for key, value in done.items() if key != "invocation"
    }
    assert (done["changed"], days(done), done["kept"]["newest"]) == (True, gone, kept)
    assert (done["bytes"], done["bytes_left"]) == (100 * len(gone), 500 - 100 * len(gone))
    assert done["diff"]["before"].count("\n") == len(gone)
    assert len(made.files()) == 5 - len(gone)
    assert pruned(made) == len(gone)
    line = json.loads(max(made.path.glob("ledger-*")).read_bytes().splitlines()[-1])
    assert line["reason"] == ", ".join(f"{name} {rules[name]}" for name in ("max_age", "max_bytes") if name in rules)
    assert line["sha256"] and line["path"]
    # Empty folders are gone, others are not.
    assert sorted(path.name for path in (made.path / "node-1/slow/2026/03").iterdir()) == [
        day for day in ("01", "02", "03", "04", "05") if day not in gone
    ]
    for check in (True, False):
        again = prune(made, check=check, **rules)
        assert (again["changed"], again["units"], again["diff"]["before"]) == (False, [], "")
    assert made.ledger.breaks == []
    assert not run_module("log_archive_info", {"archive": str(made.path.parents[3]), "verify": "sha256"}).get("failed")


def test_a_damaged_file_stays_and_is_named(made: Made) -> None:
    first, second = made.files()[:2]
    (made.path / first).write_bytes(b"?" * 100)
    (made.path / second).unlink()
    result = prune(made, max_age="1h")
    assert result["failed"] and result["changed"]
    assert result["msg"].startswith(f"2 problems were found, first in {made.folder}: {first} does not have the SHA-256")
    assert [[one["kind"], one["path"]] for one in result["problems"]] == [["sha256", first], ["missing", second]]
    assert (days(result), result["kept"]) == (["03", "04"], {"newest": 1, "hold": 0, "damaged": 2, "undated": 0})
    assert (made.path / first).exists()


def test_a_hold_keeps_what_it_covers_until_it_is_released(made: Made) -> None:
    hold = {**WHOLE, "reason": "case\u202e\x1b", "node_id": "node-1", "log_type": "slow"}
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        result = prune(made, check=check, max_age="1h", hold=[hold])
        assert (result["changed"], result["counts"]["hold"], result["units"]) == (changed, int(changed), [])
        assert result["kept"]["hold"] == 4
        assert bool(result["diff"]["after"]) is changed
    assert prune(made, max_age="1h")["kept"]["hold"] == 4
    release = {name: value for name, value in hold.items() if name != "reason"}
    assert prune(made, release=[{**release, "node_id": None}])["changed"] is False
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        result = prune(made, check=check, release=[release])
        assert (result["changed"], result["counts"]["released"]) == (changed, int(changed))
    assert days(prune(made, max_age="1h")) == ["01", "02", "03", "04"]


def test_only_what_is_chosen_is_pruned(made: Made, tmp_path: Path) -> None:
    other = Made(tmp_path, "other", "dds")
    other.exported(0, 1, 2)
    made.collected(0, 1, series=Series("node-2", "error"))
    assert days(prune(made, max_age="1h", node_ids=["node-2"])) == ["01"]
    result = prune(made, max_age="1h", instances=["other"], return_limit=1)
    assert (result["counts"]["pruned"], len(result["units"]), result["units_omitted"]) == (2, 1, 1)
    assert (pruned(other), pruned(made)) == (2, 1)
    assert prune(made, max_age="1h", provider="umongodb")["counts"]["pruned"] == 4


def test_nothing_goes_by_an_altered_ledger(made: Made) -> None:
    made.altered(2)
    result = prune(made, max_age="1h", hold=[{**WHOLE, "reason": "case"}])
    assert result["failed"]
    assert [one["kind"] for one in result["problems"]] == ["chain"]
    assert (result["units"], result["counts"]["hold"], len(made.files())) == ([], 1, 5)


def test_an_instance_that_is_being_written_holds_up_no_other(made: Made, tmp_path: Path) -> None:
    Made(tmp_path, "other").collected(0, 1)
    with Lock(made.tree, LOCK).held(0, FIRST):
        result = prune(made, max_age="1h")
        assert not prune(made, max_age="1h", check=True, instances=["uclmongo-1"]).get("failed")
    assert result["failed"]
    assert [[one["kind"], one["instance"]] for one in result["problems"]] == [["archive", made.folder]]
    assert "is being written by" in result["msg"]
    assert [unit["instance"] for unit in result["units"]] == ["umongodb/cn-bj2/default/other"]


def test_an_instance_that_cannot_be_read_holds_up_no_other(made: Made, tmp_path: Path) -> None:
    other = Made(tmp_path, "another")
    other.collected(0, 1)
    (other.path / "ledger-2026-04.jsonl").mkdir()
    for options in ({}, {"node_ids": ["node-1"]}):
        result = prune(made, check=True, max_age="1h", **options)
        assert [[one["kind"], one["instance"]] for one in result["problems"]] == [["archive", other.folder]]
        assert {unit["instance"] for unit in result["units"]} == {made.folder}


def test_what_could_not_be_written_down_is_not_reported_as_pruned(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    (made.path / made.files()[1]).write_bytes(b"?" * 100)

    def full(_tree: Tree, _path: str, _data: bytes, **_how: bool) -> None:
        raise ArchiveError("No space left on device.", code="ENOSPC", hint="Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(Tree, "append", full)
        result = prune(made, max_age="1h", hold=[{"begin": "1", "end": "2", "reason": "case"}])
    assert (result["failed"], result["changed"], result["units"]) == (True, False, [])
    assert result["counts"] == {"pruned": 0, "leftovers": 0, "hold": 0, "released": 0}
    assert (result["bytes"], result["bytes_left"], result["diff"]["before"], result["diff"]["after"]) == (
        0,
        500,
        "",
        "",
    )
    assert [one["kind"] for one in result["problems"]] == ["sha256", "archive"]
    assert result["problems"][1]["message"] == "No space left on device. Free some space."
    assert (len(made.files()), pruned(made)) == (5, 0)


def test_a_file_that_cannot_be_removed_holds_up_no_other_and_goes_with_the_next_run(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, remove = made.files()[1], Tree.remove

    def sticky(tree: Tree, path: str) -> None:
        if path == stuck:
            raise ArchiveError("Operation not permitted.")
        remove(tree, path)

    with monkeypatch.context() as patch:
        patch.setattr(Tree, "remove", sticky)
        for count, freed in ((4, 300), (0, 0)):
            result = prune(made, max_age="1h")
            assert [[one["kind"], one["path"]] for one in result["problems"]] == [["archive", stuck]]
            assert (result["counts"]["pruned"], result["counts"]["leftovers"]) == (count, 0)
            assert (result["bytes"], result["bytes_left"], result["changed"]) == (freed, 100, count > 0)
        assert (len(made.files()), pruned(made)) == (2, 4)
    result = prune(made, max_age="1h")
    assert (result.get("failed", False), result["counts"]["leftovers"], result["bytes"]) == (False, 1, 100)


def test_a_path_that_leads_out_of_the_archive_is_not_followed(made: Made, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"ours")
    sha256 = hashlib.sha256(b"ours").hexdigest()
    made.write(Event(COLLECTED, SLOW, "evil", FIRST, FIRST + DAY, "../../../../outside", 4, sha256))
    result = prune(made, max_age="1h")
    assert result["failed"]
    assert ([one["kind"] for one in result["problems"]], result["units"]) == (["chain"], [])
    assert (outside.read_bytes(), len(made.files())) == (b"ours", 5)


def test_a_torn_line_stays_as_long_as_there_is_nothing_to_write(made: Made) -> None:
    [ledger] = made.path.glob("ledger-*")
    ledger.write_bytes(ledger.read_bytes() + b"torn")
    torn = ledger.read_bytes()
    for check in (True, False):
        assert prune(made, check=check, max_age="99d")["changed"] is False
        assert ledger.read_bytes() == torn
    assert prune(made, max_age="1h")["counts"]["pruned"] == 4
    assert (made.ledger.breaks, pruned(made), b"torn" in ledger.read_bytes()) == ([], 4, False)


def test_a_hold_keeps_what_was_exported_after_it(made: Made, tmp_path: Path) -> None:
    Made(tmp_path, "other", "dds").exported(2, 3, 8)
    hold = {"begin": iso(FIRST), "end": iso(FIRST + 2 * DAY), "reason": "case"}
    result = prune(made, max_age="1h", instances=["other"], hold=[hold])
    assert (result["units"], result["kept"]["hold"]) == ([], 3)


def test_an_archive_of_nothing_is_an_error(made: Made, tmp_path: Path) -> None:
    (tmp_path / "unmounted").mkdir()
    for options in ({"archive": str(tmp_path / "unmounted")}, {"region": "elsewhere"}):
        for check in (True, False):
            result = prune(made, check=check, max_age="1h", **options)
            assert (result["failed"], result["failure"]["code"]) == (True, "no_instance")
            assert (result["failure"]["kind"], result["failure"]["request_id"]) == ("archive", "")


@pytest.mark.parametrize("number", range(4))
def test_a_prune_that_was_killed_is_carried_on(made: Made, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    removed: list[str] = []
    remove = Tree.remove

    def dying(tree: Tree, path: str) -> None:
        if len(removed) == number:
            raise Killed
        removed.append(path)
        remove(tree, path)

    with monkeypatch.context() as patch:
        patch.setattr(Tree, "remove", dying)
        with pytest.raises(Killed):
            prune(made, max_age="1h")
    assert (pruned(made), len(made.files())) == (4, 5 - number)
    for check in (True, False):
        result = prune(made, check=check, max_age="1h")
        assert result["counts"] == {"pruned": 0, "leftovers": 4 - number, "hold": 0, "released": 0}
        assert (result["changed"], result["bytes"]) == (True, 100 * (4 - number))
    assert len(made.files()) == 1
    assert prune(made, max_age="1h")["changed"] is False


def test_what_stands_where_a_pruned_file_was_goes_only_when_it_is_that_file(made: Made) -> None:
    first, *_rest = made.files()
    content = (made.path / first).read_bytes()
    prune(made, max_age="1h")
    made.file(first, b"something else")
    assert prune(made, max_age="1h")["problems"][0]["kind"] == "size"
    made.file(first, content)
    assert prune(made, max_age="1h", hold=[{**WHOLE, "reason": "case"}])["counts"]["leftovers"] == 0
    assert prune(made, max_age="1h", release=[WHOLE])["counts"]["leftovers"] == 1
    assert not os.path.lexists(made.path / first)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "max_age"),
        ({"max_age": " "}, "max_age"),
        ({"hold": [{**WHOLE, "reason": " "}]}, "hold: reason must not be empty."),
        ({"hold": [{**WHOLE, "reason": "x", "node_id": "a b"}]}, "hold: node_id"),
        ({"hold": [{"begin": WHOLE["end"], "end": WHOLE["begin"], "reason": "x"}]}, "must be after begin"),
        ({"release": [{"begin": "noon", "end": "noon"}]}, "release: begin"),
        ({"hold": [{**WHOLE, "reason": "x"}], "release": [WHOLE]}, "name the same span"),
        ({"max_age": "1d", "instances": ["gone"]}, "no instance gone"),
        ({"max_age": "1d", "node_ids": ["node-1", "gone"]}, "the archive holds nothing of gone; it has node-1."),
        ({"max_age": "1d", "archive": "/x/y"}, "There is no archive"),
    ],
)
def test_bad_input_is_refused(made: Made, options: dict[str, Any], named: str) -> None:
    before = made.snapshot()
    for check in (True, False):
        result = prune(made, check=check, **options)
        assert result["failed"] and named in result["msg"]
    assert made.snapshot() == before
