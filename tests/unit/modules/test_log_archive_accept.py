# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_accept``: what somebody knows of is reported no more."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import CLOSED, EMPTY, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

from ..archives import FIRST, SLOW, Made
from ..running import run_module

ERROR = Series("node-2", "error")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive with three losses in two series, of which one is closed."""
    made = Made(tmp_path)
    made.opened()
    made.opened(ERROR)
    made.collected(0)
    made.lost(1, 2)
    made.lost(3, series=ERROR)
    made.write(Event(CLOSED, ERROR, begin=FIRST, end=FIRST + 4 * DAY))
    return made


def accept(made: Made, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module."""
    arguments = {"archive": str(made.path.parents[3]), "instance": "uclmongo-1", "reason": "known", **options}
    return run_module("log_archive_accept", arguments, check=check, diff=True)


def four_cells(made: Made, **options: Any) -> dict[str, Any]:
    """Run the module in check mode and for real, twice, and return the first result."""
    before = made.snapshot()
    planned = accept(made, check=True, **options)
    assert made.snapshot() == before
    done = accept(made, **options)
    assert planned["accepted"] == done["accepted"]
    assert planned["diff"] == done["diff"]
    assert (planned["changed"], done["changed"]) == (True, True)
    assert done["head"] == made.ledger.head
    for check in (True, False):
        again = accept(made, check=check, **options)
        assert (again["changed"], again["accepted"], again["diff"]["after"]) == (False, [], "")
    return done


def last_line(made: Made) -> dict[str, Any]:
    """Return the last line of the ledger."""
    line: dict[str, Any] = json.loads(max(made.path.glob("ledger-*")).read_bytes().splitlines()[-1])
    return line


def lost(made: Made) -> int:
    """Return how many units count as lost."""
    count: int = run_module("log_archive_info", {"archive": str(made.path.parents[3])})["counts"]["lost"]
    return count


@pytest.mark.parametrize(
    ("narrowed", "left"),
    [
        ({}, 0),
        ({"node_id": "node-1"}, 1),
        ({"log_type": "error"}, 2),
        ({"node_id": "node-1", "log_type": "slow", "unit": "20260302T000000Z_20260303T000000Z"}, 2),
    ],
)
def test_a_loss_is_reported_no_more(made: Made, narrowed: dict[str, str], left: int) -> None:
    assert lost(made) == 3
    done = four_cells(made, what="loss", by="ann", **narrowed)
    assert lost(made) == left
    assert len(done["accepted"]) == 3 - left
    line = last_line(made)
    assert (line["status"], line["reason"], line["by"]) == ("accepted", "known", "ann")
    assert "accepted by ann: known\n" in done["diff"]["after"]


def test_who_accepts_is_the_user_when_nobody_is_named(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    accept(made, what="loss", unit="20260302T000000Z_20260303T000000Z")
    assert last_line(made)["by"] == pwd.getpwuid(os.geteuid()).pw_name
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    accept(made, what="loss")
    assert last_line(made)["by"] == str(os.geteuid())


def test_what_somebody_writes_breaks_no_ledger_and_moves_no_terminal(made: Made) -> None:
    accept(made, what="loss", reason="case 4711\x1b[2J\u202e\nsee above", by="ann\x07")
    assert (last_line(made)["reason"], last_line(made)["by"]) == ("case 4711[2J see above", "ann")
    assert made.ledger.breaks == []
    assert accept(made, what="loss", reason="\u200b\u202e")["failure"]["code"] == "bad_input"


def test_a_break_is_one_no_more_until_it_changes(made: Made) -> None:
    made.altered(1)
    made.altered(3)
    done = four_cells(made, what="break")
    texts = [f"ledger-2026-03.jsonl line {number} does not follow from the line before it" for number in (3, 5)]
    assert [one["break"] for one in done["accepted"]] == texts
    assert not run_module("log_archive_info", {"archive": str(made.path.parents[3])}).get("failed")
    made.altered(5)
    assert run_module("log_archive_info", {"archive": str(made.path.parents[3])})["failed"]


def test_the_end_of_a_series_is_that_of_its_newest_unit(made: Made) -> None:
    made.write(Event(EMPTY, SLOW, "e", FIRST + 5 * DAY, FIRST + 6 * DAY))
    done = four_cells(made, what="series_end", node_id="node-1")
    assert [(one["node"], one["log_type"], one["end"]) for one in done["accepted"]] == [
        ("node-1", "slow", iso(FIRST + 6 * DAY))
    ]
    assert made.ledger.scopes[SLOW] == (FIRST, FIRST + 6 * DAY)
    assert accept(made, what="series_end", node_id="node-2")["changed"] is False


def test_a_series_that_never_had_a_unit_ends_where_it_began(made: Made) -> None:
    made.opened(Series("node-3", "slow"))
    accept(made, what="series_end", node_id="node-3")
    assert made.ledger.scopes[Series("node-3", "slow")] == (FIRST, FIRST)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"what": "loss", "unit": "other"}, "nothing_to_accept"),
        ({"what": "loss", "node_id": "node-9"}, "nothing_to_accept"),
        ({"what": "break"}, "nothing_to_accept"),
        ({"what": "series_end", "node_id": "node-9"}, "nothing_to_accept"),
        ({"what": "series_end"}, "bad_input"),
        ({"what": "series_end", "node_id": "node-1", "unit": "x"}, "bad_input"),
        ({"what": "break", "node_id": "node-1"}, "bad_input"),
        ({"what": "loss", "instance": "gone"}, "no_instance"),
        ({"what": "loss", "archive": "/x/y"}, "no_archive"),
    ],
)
def test_what_cannot_be_accepted_is_an_error(made: Made, options: dict[str, str], code: str) -> None:
    before = made.snapshot()
    for check in (True, False):
        assert accept(made, check=check, **options)["failure"]["code"] == code
        made.path.joinpath(".lock").unlink(missing_ok=True)
    assert made.snapshot() == before


def test_an_id_that_two_instances_have_is_narrowed_down(made: Made, tmp_path: Path) -> None:
    Made(tmp_path, provider="dds").lost(0)
    assert accept(made, what="loss")["failure"]["code"] == "several_instances"
    assert len(accept(made, what="loss", provider="dds")["accepted"]) == 1


def test_a_torn_line_stays_as_long_as_there_is_nothing_to_accept(made: Made) -> None:
    accept(made, what="loss")
    path = max(made.path.glob("ledger-*"))
    path.write_bytes(path.read_bytes() + b"torn")
    torn = path.read_bytes()
    for check in (True, False):
        assert (accept(made, check=check, what="loss")["changed"], path.read_bytes()) == (False, torn)
    assert accept(made, what="series_end", node_id="node-1")["changed"] is True
    assert (made.ledger.breaks, b"torn" in path.read_bytes()) == ([], False)


def test_the_list_is_cut_at_the_limit(made: Made) -> None:
    result = accept(made, what="loss", return_limit=1)
    assert (len(result["accepted"]), result["accepted_omitted"]) == (1, 2)
