# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_report`` with ``slow``: what is told of slow operations, what of them is not, and how much is read."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import files
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import CLOSED, EMPTY, OPENED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR

from ..archives import FIRST, SLOW, Made
from ..loglines import slow, text
from ..running import run_module

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "report.schema.json").read_text("utf-8"))
ERROR = Series("node-1", "error")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Two instances with four days of slow logs; on the fifth nothing is held yet."""
    monkeypatch.setattr(time, "time", lambda: FIRST + 5 * DAY + HOUR)
    made = Made(tmp_path / "archive")
    secret = {"command": {"find": "orders", "filter": {"card": "4111-1111"}}, "remote": "192.0.2.7:4711"}
    made.holds(text(slow(10, 100), slow(11, 100, "carts"), slow(12, 5, "gone")), 0)
    made.holds(text(slow(DAY + 10, 100)), 1)
    made.holds(gzip.compress(text(slow(2 * DAY + 10, 300), slow(2 * DAY + 20, 100, "carts"))), 2, extension=".gz")
    made.holds(text(slow(3 * DAY + 10, 400), slow(3 * DAY + 11, 2000, "cards", **secret)), 3)
    made.holds(text(slow(3 * DAY + 10, 9000, "nowhere")), 3, series=ERROR)
    other = Made(tmp_path / "archive", "uclmongo-2")
    other.holds(text(slow(3 * DAY + 30, 50)), 3)
    return made


def report(made: Made, *, check: bool = False, **options: Any) -> tuple[dict[str, Any], Any, str]:
    """Run the module; return its result, what is told of slow operations, and the page."""
    archive = made.path.parents[3]
    dest = archive.parent / "report"
    given = {"archive": str(archive), "dest": str(dest), "slow": True, "slow_days": 2, **options}
    result = run_module("log_archive_report", given, check=check)
    if check or result.get("failed"):
        return result, {}, ""
    found = json.loads((dest / "report.json").read_text())
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(found)) == []
    return result, found["slow"], (dest / "report.html").read_text("utf-8")


def test_shapes_are_compared_with_the_days_before(made: Made) -> None:
    result, told, page = report(made)
    assert (told["begin"], told["end"], told["before_begin"]) == (
        "2026-03-03T00:00:00Z",
        "2026-03-05T00:00:00Z",
        "2026-03-01T00:00:00Z",
    )
    assert (told["count"], told["total_ms"], told["before"]) == (5, 2850, {"count": 4, "total_ms": 305})
    assert told["changes"] == {"new": 1, "worse": 1, "better": 0, "same": 1, "gone": 1}
    assert (told["compared"], told["uncompared"]) == ({"count": 4, "total_ms": 2800}, 1)
    assert [(one["instance"], one["namespace"], one["change"], one["total_ms"]) for one in told["shapes"]] == [
        ("uclmongo-1", "shop.cards", "new", 2000),
        ("uclmongo-1", "shop.orders", "worse", 700),
        ("uclmongo-1", "shop.carts", "same", 100),
        ("uclmongo-2", "shop.orders", None, 50),
        ("uclmongo-1", "shop.gone", "gone", 0),
    ]
    assert told["shapes"][1]["days"] == {"2026-03-01": 100, "2026-03-02": 100, "2026-03-03": 300, "2026-03-04": 400}
    assert told["days"] == {"2026-03-01": 205, "2026-03-02": 100, "2026-03-03": 400, "2026-03-04": 2450}
    assert result["slow"] == [
        "From 3 Mar to 4 Mar: 5 slow operations took 2.9 s; of what is compared, 4 slow operations took 2.8 s, 9.2 times the 305 ms in"
        " the 2 days before.",
        "4 shapes of operations: 1 new, 1 worse, 1 as before, 1 gone.",
        "Of 1 instance nothing is compared, as not all slow logs of the 2 days before are held and could be read.",
        f"5 files with {told['bytes_read'] / 1024:.1f} KiB were read.",
    ]
    assert page.count("<li><div") == 5
    assert all(sentence in page for sentence in result["slow"])


def incomplete(made: Made, fault: str) -> None:
    """Have the first instance hold less than all of the two days before."""
    path = next(made.path.glob("node-1/slow/*/*/02/*"))
    if fault == "unread":
        path.unlink()
    elif fault == "lost":
        made.lost(1)
    else:
        made.write(Event(OPENED, SLOW, begin=FIRST - DAY), Event(OPENED, Series("node-2", "slow"), begin=FIRST))


@pytest.mark.parametrize("fault", ["unread", "lost", "another node"])
def test_nothing_is_compared_with_days_that_are_not_held_whole(made: Made, fault: str) -> None:
    incomplete(made, fault)
    result, told, page = report(made)
    assert (told["changes"], told["before"], told["compared"], told["before_begin"]) == (None, None, None, None)
    assert (told["uncompared"], {one["change"] for one in told["shapes"]}) == (2, {None})
    assert (
        result["slow"][1]
        == "Nothing is compared, as not all slow logs of the 2 days before are held and could be read."
    )
    assert result["slow"][1] in page
    span = {"begin": "2026-03-03T00:00:00Z", "end": "2026-03-05T00:00:00Z"}
    looked = run_module("log_archive_slow", {"archive": str(made.path.parents[3]), **span})
    assert (looked["changes"], {row["change"] for row in looked["shapes"]}) == (None, {None})
    assert looked["uncompared"] == [f"umongodb/cn-bj2/default/uclmongo-{number}" for number in (1, 2)]


@pytest.mark.parametrize("complete", ["empty", "node that came", "node that left"])
def test_days_on_which_nothing_was_logged_are_held(made: Made, complete: str) -> None:
    second, other = Made(made.path.parents[3], "uclmongo-2"), Series("node-2", "slow")
    if complete == "empty":
        second.write(
            *(event._replace(status=EMPTY, path=None) for event in (second._window(EMPTY, day, SLOW) for day in (0, 1)))
        )
    else:
        came, left = (SLOW, other) if complete == "node that left" else (other, SLOW)
        second.write(Event(OPENED, left, begin=FIRST), Event(OPENED, came, begin=FIRST + DAY))
        second.write(second._window(EMPTY, 0, left), second._window(EMPTY, 1, came))
        second.write(Event(CLOSED, left, end=FIRST + DAY))
    told = report(made)[1]
    assert (told["uncompared"], told["changes"]["new"]) == (0, 2)


def test_nothing_that_people_asked_with_is_told(made: Made) -> None:
    _result, told, page = report(made)
    assert told["shapes"][0]["pattern"] == '{"card": 1}'
    for text_ in (json.dumps(told), page):
        assert "4111" not in text_
        assert "192.0.2.7" not in text_
        assert "durationMillis" not in text_
    assert told["shapes"][0]["worst"]["plan"] == "COLLSCAN"
    assert told["shapes"][0]["worst"]["number"] == 2


def test_it_has_to_be_asked_for(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    reading = files.Tree.reading

    def noted(self: files.Tree, path: str) -> Any:
        read.append(path)
        return reading(self, path)

    monkeypatch.setattr(files.Tree, "reading", noted)
    result, told, page = report(made, slow=False)
    assert result["slow"] is told is None
    assert "Slow operations" not in page
    assert [path for path in read if path.startswith("node-1/")] == []
    assert report(made, workers=1)[0]["changed"]
    assert [path for path in read if path.startswith("node-1/")] != []
    assert not report(made)[0]["changed"]


def test_check_mode_tells_the_same(made: Made) -> None:
    planned = report(made, check=True)[0]
    assert not (made.path.parents[3].parent / "report").exists()
    assert planned["slow"] == report(made)[0]["slow"]


def test_the_newest_files_are_read_as_far_as_the_bytes_go(made: Made) -> None:
    newest = sum(path.stat().st_size for path in made.path.parent.rglob("slow/*/*/04/*"))
    result, told, page = report(made, slow_max_bytes=str(newest))
    assert (told["files_read"], told["files_left"], told["changes"], told["before"]) == (2, 3, None, None)
    assert (told["count"], told["before_begin"], {one["change"] for one in told["shapes"]}) == (3, None, {None})
    assert result["slow"][1].endswith(
        " were not, as slow_max_bytes has it, so nothing is compared with the days before."
    )
    assert result["slow"][1] in page
    nothing = report(made, slow_max_bytes="0")[1]
    assert (nothing["files_read"], nothing["files_left"], nothing["shapes"]) == (0, 5, [])
    assert "slow_max_bytes: 'much' is not a size" in report(made, slow_max_bytes="much")[0]["msg"]


def test_what_cannot_be_read_is_counted_and_hides_nothing(made: Made) -> None:
    next(made.path.glob("node-1/slow/*/*/01/*")).unlink()
    path = next(made.path.glob("node-1/slow/*/*/03/*"))
    path.write_bytes(path.read_bytes()[:-9])
    other = Made(made.path.parents[3], "uclmongo-3")
    (other.path / "ledger-2026-03.jsonl").mkdir()
    result, told, _page = report(made)
    assert told["unread"] == 3
    assert "3 parts could not be read" in result["slow"][-1]
    assert told["shapes"][0]["total_ms"] == 2000


def test_only_what_is_chosen_is_read(made: Made) -> None:
    assert report(made, instances=["uclmongo-2"])[1]["count"] == 1
    for name, value in (("log_types", "error"), ("node_ids", "node-9")):
        result, told, _page = report(made, check=False, **{name: [value]})
        assert (told["files_read"], told["count"], told["shapes"]) == (0, 0, [])
        assert result["slow"][0].endswith(": no slow operation was logged, and none in the 2 days before.")


def test_an_archive_without_instances_has_nothing_slow(tmp_path: Path) -> None:
    (tmp_path / "archive" / "a" / "b" / "c" / "d").mkdir(parents=True)
    made = Made.__new__(Made)
    made.path = tmp_path / "archive" / "a" / "b" / "c" / "d"
    assert report(made)[1]["count"] == 0
