# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_search`` and ``log_archive_slow``: what is found, in which files, and what was not read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import iso_ms
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Teller
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from ansible_collections.clouddb.mongodb_logs.plugins.modules import log_archive_search

from ..archives import FIRST, Made
from ..loglines import other, slow, text
from ..running import run_module

AUDIT = Series("node-1", "audit")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of three days of slow logs and a day of audit logs; the clock goes back on the second day."""
    made = Made(tmp_path)
    made.holds(text(slow(10, 100), other(11), "  at frame 1", slow(12, 300, "carts")), 0)
    made.holds(gzip.compress(text(slow(DAY + 50, 200), slow(DAY + 10, 50), "é not \ud7ff json")), 1, extension=".gz")
    made.holds(text(slow(2 * DAY + 5, 900, field="b")), 2)
    action = {
        "atype": "dropCollection",
        "ts": {"$date": iso_ms((FIRST + 7) * 1000)},
        "users": [{"user": "app", "db": "admin"}],
    }
    made.holds(text(json.dumps({**action, "param": {"ns": "shop.orders"}, "result": 0})), 0, series=AUDIT)
    return made


def ask(made: Made, name: str = "search", **options: Any) -> dict[str, Any]:
    """Run the module, for real and in check mode, in one process and in two."""
    arguments = {"archive": str(made.path.parents[3]), **options}
    before = made.snapshot()
    results = [
        run_module(f"log_archive_{name}", {**arguments, "workers": workers}, check=check)
        for check, workers in ((True, 1), (False, 2))
    ]
    for result in results:
        result.pop("invocation", None)
    assert results[0] == results[1]
    assert made.snapshot() == before
    assert not results[0].get("changed")
    return results[0]


def lines(result: dict[str, Any]) -> list[str]:
    return [entry["line"] for entry in result["entries"]]


def test_everything_is_found_newest_first_and_without_requests(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    result = ask(made)
    assert (result["matched"], result["files_read"], result["files_total"], result["unread"]) == (9, 4, 4, [])
    times = [entry["time"] for entry in result["entries"] if entry["time"]]
    assert times == sorted(times, reverse=True)
    oldest = ask(made, order="oldest")
    assert lines(oldest) == lines(result)[::-1]
    assert lines(ask(made, limit=2)) == lines(result)[:2]
    assert lines(ask(made, limit=1, order="oldest")) == lines(oldest)[:1]
    assert ask(made, limit=0)["matched"] == 9
    first = oldest["entries"][0]
    assert (first["node"], first["log_type"], first["number"], first["member"]) == ("node-1", "audit", 1, "")
    assert (made.path.parents[3] / first["file"]).exists()


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"match": "shop.carts"}, 1),
        ({"match": "é not"}, 1),
        ({"match": "nowhere"}, 0),
        ({"match": '"a": 1', "regex": "carts"}, 1),
        ({"regex": r"durationMillis\": [1-3]00\b"}, 3),
        ({"severity": ["W"]}, 1),
        ({"severity": ["warning", "i"]}, 6),
        ({"namespace": "shop"}, 6),
        ({"namespace": "shop.orders"}, 5),
        ({"namespace": "shop.order"}, 0),
        ({"operation": "FIND"}, 5),
        ({"operation": "command"}, 5),
        ({"operation": "dropcollection"}, 1),
        ({"user": "app"}, 1),
        ({"user": "app@admin"}, 1),
        ({"user": "app@other"}, 0),
        ({"min_duration_ms": 200}, 3),
        ({"log_types": ["audit"]}, 1),
        ({"match": "at frame"}, 1),
    ],
)
def test_what_is_asked_for(made: Made, options: dict[str, Any], count: int) -> None:
    result = ask(made, **options)
    assert (result["matched"], len(result["entries"])) == (count, count)


def test_a_span_reads_only_the_files_that_can_hold_it(made: Made) -> None:
    result = ask(made, begin=iso(FIRST + DAY + 20), end=iso(FIRST + DAY + 60), log_types=["slow"])
    assert (result["files_read"], result["files_total"]) == (1, 3)
    # The line without a time is of the line before it, which is earlier than the span.
    assert [entry["duration_ms"] for entry in result["entries"]] == [200]
    result = ask(made, begin=iso(FIRST + 11), end=iso(FIRST + 12), log_types=["slow"])
    assert lines(result) == ["  at frame 1", other(11)]
    result = ask(made, end="2020-01-01T00:00:00Z")
    assert (result["matched"], result["files_read"], result["files_total"]) == (0, 0, 4)
    assert "after begin" in ask(made, begin="2026-03-02T00:00:00Z", end="2026-03-01T00:00:00Z")["msg"]


def test_files_are_compared_with_their_sha256_when_asked(made: Made) -> None:
    assert ask(made, verify=True)["verified"] == 4
    path = next(made.path.rglob("*.gz"))
    path.write_bytes(gzip.compress(b"other\n"))
    result = ask(made, verify=True)
    assert (result["failure"]["code"], result["verified"], result["files_read"]) == ("incomplete", 3, 4)
    assert "1 of 4 files are not as the ledger says" in result["msg"]


def test_what_cannot_be_read_is_named(made: Made) -> None:
    path = next(made.path.rglob("*.gz"))
    path.write_bytes(path.read_bytes()[:-9])
    next(made.path.rglob("*/03/03/*.log")).unlink()
    for name in ("search", "slow"):
        result = ask(made, name)
        assert result["unread_count"] == 2
        assert {(one["file"].rpartition(".")[2], one["line"] > 0) for one in result["unread"]} == {
            ("gz", True),
            ("log", False),
        }
        assert "2 parts of the archive were not read" in str(result["warnings"])


def test_a_regex_that_takes_too_long_is_ended_and_its_file_named(made: Made) -> None:
    made.holds(text("a" * 5000 + "b"), 5)
    result = ask(made, regex="(.*a){20}c", regex_timeout=2)
    assert [one["reason"] for one in result["unread"]] == ["it took longer than 2 seconds."]
    assert (result["files_read"], result["files_total"]) == (4, 5)
    assert "no regular expression" in ask(made, regex="(")["msg"]


def test_nothing_of_a_line_moves_a_terminal_or_turns_its_text_around(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.holds(text(slow(10, 100, "car\u202ets\x9b", appName="a\u200bpp"), "b\x1b[2J\x9bc\td"), 0)
    result = ask(made, order="oldest")
    assert [entry["namespace"] for entry in result["entries"]] == ["shop.carts", None]
    assert lines(result)[1] == "b[2Jc\td"
    row = ask(made, "slow")["shapes"][0]
    assert (row["namespace"], row["example"]["app"]) == ("shop.carts", "app")


def test_bad_input(made: Made) -> None:
    assert "severity" in ask(made, severity=["loud"])["msg"]
    assert ask(made, instances=["gone"])["failure"]["code"] == "no_instance"
    assert "nothing of node-9" in ask(made, node_ids=["node-9"])["msg"]
    assert ask(made, region="elsewhere")["failure"]["code"] == "no_instance"
    assert ask(made, archive=str(made.path / "gone"))["failure"]["code"] == "no_archive"


def test_long_lines_are_cut_in_the_result_only(made: Made) -> None:
    made.holds(text("x" * 3_000_000), 6)
    entry = ask(made, match="xxx", line_limit=10)["entries"][0]
    assert (entry["line"], entry["line_cut"]) == ("x" * 10, True)


def test_where_exports_and_entry_files_cover_the_same_time_entry_files_count(tmp_path: Path) -> None:
    made = Made(tmp_path, "dds-1", "dds")
    made.holds_named(text(slow(10, 100), slow(DAY + 10, 200)), "export", 1)
    row = {
        "log_time": iso_ms((FIRST + 10) * 1000),
        "whole_message": slow(10, 100),
        "operate_type": "query",
        "cost_time": 100,
    }
    made.holds(
        text(json.dumps({**row, "line_num": "1", "database": "shop", "collection": "orders"})), 0, extension=".jsonl"
    )
    result = ask(made)
    assert [(entry["duration_ms"], entry["form"]) for entry in result["entries"]] == [
        (200, "structured"),
        (100, "offered"),
    ]
    assert ask(made, "slow")["operations"] == {"count": 2, "total_ms": 300}
    # A text with quotes is found as it stands in the line inside.
    assert ask(made, match='"ns": "shop.orders"')["matched"] == 2


def test_whoever_watches_sees_how_many_files_were_read(made: Made) -> None:
    told: list[Moment] = []

    def tell(moment: Moment) -> bool:
        told.append(moment)
        return True

    context = Context(False, False, pytest.fail, (Teller(tell, 0, 0),))
    params = {name: option.get("default") for name, option in log_archive_search.OPTIONS.options.items()}
    params |= {"archive": str(made.path.parents[3]), "workers": 2}
    log_archive_search.search_archive(context, log_archive_search.OPTIONS.checked(params))
    assert [(one.seen.files, one.seen.files_total) for one in told] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1].seen.bytes == told[-1].seen.bytes_total
    assert {one.of for one in told} == {"search"}


# -- slow shapes


def test_shapes_and_what_changed_since_the_span_before(made: Made) -> None:
    result = ask(made, "slow")
    assert [(row["namespace"], row["operation"], row["count"], row["total_ms"]) for row in result["shapes"]] == [
        ("shop.orders", "find", 1, 900), ("shop.orders", "find", 3, 350), ("shop.carts", "find", 1, 300)]  # fmt: skip
    row = result["shapes"][1]
    assert (row["mean_ms"], row["p95_ms"], row["max_ms"], row["pattern"]) == (116.7, 200, 200, '{"a": 1}')
    assert (row["example"]["line"], row["change"]) == (slow(DAY + 50, 200), None)
    result = ask(made, "slow", begin=iso(FIRST + DAY), end=iso(FIRST + 2 * DAY))
    assert result["changes"] == {"new": 0, "worse": 1, "better": 0, "same": 0, "gone": 1}
    assert [(row["change"], row["count"]) for row in result["shapes"]] == [("worse", 2), ("gone", 0)]
    assert result["shapes"][0]["before"]["total_ms"] == 100
    assert (result["files_read"], result["files_total"]) == (2, 3)
    assert ask(made, "slow", begin=iso(FIRST + DAY), end=iso(FIRST + 2 * DAY), compare=False)["changes"] is None
    assert ask(made, "slow", sort="count", limit=1)["shapes"][0]["count"] == 3
    assert ask(made, "slow", begin=iso(FIRST + 2 * DAY), end=iso(FIRST + 3 * DAY))["changes"]["new"] == 1


def test_the_server_s_hash_makes_the_shape(tmp_path: Path) -> None:
    made = Made(tmp_path)
    hashed = [slow(n, n + 1, field=f"f{n}", queryHash=f"{n % 2:08X}") for n in range(10)]
    made.holds(text(*hashed))
    result = ask(made, "slow")
    assert [(row["shape"], row["count"], row["total_ms"]) for row in result["shapes"]] == [
        ("00000001", 5, 30), ("00000000", 5, 25)]  # fmt: skip


def test_many_shapes_and_many_durations_take_little_room(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.holds(text(*[slow(n, n, queryHash=f"{n % 6000:08X}") for n in range(7000)]), 0)
    made.holds(text(*[slow(DAY + n, n, queryHash="X") for n in range(7000)]), 1)
    result = ask(made, "slow", limit=10000)
    assert result["operations"] == {"count": 14000, "total_ms": 2 * sum(range(7000))}
    assert any(row["shape"] == "others" for row in result["shapes"])
    row = next(row for row in result["shapes"] if row["shape"] == "X")
    assert abs(row["p95_ms"] - 6649) < 10
