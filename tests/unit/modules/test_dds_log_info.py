# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of a log: the newest first, filtered by the cloud, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, Clock, iso
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.emulator.entries import Span

from ..running import run_module
from .test_modules import secrets_of

MODULE = "dds_log_info"
TYPES = {"slow": "SlowLog", "error": "ErrorLog"}


@pytest.fixture
def options(good: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Options that show the slow log of all nodes of yesterday."""
    return good[MODULE]


def show(options: dict[str, Any], *, check: bool = False, **changes: Any) -> dict[str, Any]:
    return run_module(MODULE, {**options, **changes}, check=check)


def offered(emulator: Emulator, begin: float, end: float, log_type: str) -> list[dict[str, Any]]:
    """Return what the emulator itself says that there is, the newest first."""
    first, last = iso(int(begin))[:19], iso(int(end))[:19]
    around = Span.around(begin, end)
    rows = emulator.entries.listed(emulator.world.instances[0], TYPES[log_type], span=around)
    return [row for row in rows if first <= row["log_time"] < last][::-1]


@pytest.mark.parametrize("log_type", ["slow", "error"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("limit", [1, 30, 100000])
def test_the_newest_entries_are_shown_as_the_cloud_gives_them(
    emulator: Emulator, options: dict[str, Any], log_type: str, order: str, limit: int
) -> None:
    emulator.world.entry_order = order
    now = int(emulator.clock.now())
    span: dict[str, Any] = {"begin": str(now - 3 * DAY), "end": str(now - HOUR)}
    result = show(options, log_type=log_type, limit=limit, **span)
    expected = offered(emulator, now - 3 * DAY, now - HOUR, log_type)
    assert result["entries"] == expected[:limit]
    assert (result["changed"], result["truncated"]) == (False, len(expected) > limit)
    assert show(options, check=True, log_type=log_type, limit=limit, **span)["entries"] == expected[:limit]


def test_a_long_time_is_not_read_for_a_few_entries(emulator: Emulator, options: dict[str, Any]) -> None:
    assert len(show(options, begin="30d", end="1h", limit=5)["entries"]) == 5
    assert len(emulator.requests.of("ListSlowLogs")) < 10


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({"operate_type": "update"}, {"operate_type": "update"}),
        ({"keywords": ["COLL"], "min_cost_time": 0}, {"keywords": ["COLL"], "min_cost_time": 0}),
        ({"database_keywords": ["sh"], "max_cost_time": 500}, {"database_keywords": ["sh"], "max_cost_time": 500}),
        ({"collection_keywords": ["ord", "cart"]}, {"collection_keywords": ["ord", "cart"]}),
        (
            {"log_type": "error", "severity": "warning", "keywords": ["Heart"]},
            {"severity": "Warning", "keywords": ["Heart"]},
        ),
    ],
)
def test_the_cloud_filters(emulator: Emulator, options: dict[str, Any], wanted: dict[str, Any], sent: Any) -> None:
    node = emulator.world.instances[0].nodes()[0].id
    result = show(options, begin="5d", node_id=node, **wanted)
    everything = show(options, begin="5d", node_id=node, limit=100000, log_type=wanted.get("log_type", "slow"))
    assert 0 < len(result["entries"]) < len(everything["entries"]) or "database_keywords" in wanted
    assert {row["node_id"] for row in result["entries"]} == {node}
    if "severity" in sent:
        assert {row["severity"] for row in result["entries"]} == {sent["severity"]}
    body = emulator.requests.of(f"List{wanted.get('log_type', 'slow').title()}Logs")[0].params["body"]
    assert {name: body.get(name) for name in sent} == sent
    assert body["node_id"] == node


def test_nothing_is_shown_where_nothing_was_logged(emulator: Emulator, options: dict[str, Any]) -> None:
    for node in emulator.world.instances[0].nodes():
        emulator.world.quiet(node.id)
    assert (show(options)["entries"], show(options)["truncated"]) == ([], False)


# -- what cannot be shown


@pytest.mark.parametrize(
    "changes",
    [
        {"begin": "31d"},
        {"begin": "0s"},
        {"begin": "1h", "end": "2h"},
        {"begin": "2h", "end": "2h"},
        {"end": "2099-01-01T00:00:00Z"},
        {"severity": "error"},
        {"log_type": "error", "operate_type": "query"},
        {"log_type": "error", "min_cost_time": 0},
        {"min_cost_time": 5, "max_cost_time": 4},
        {"keywords": ["x"] * 11},
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    emulator: Emulator, options: dict[str, Any], changes: dict[str, Any]
) -> None:
    result = show(options, **changes)
    assert (result["failed"], result["failure"]["code"], len(emulator.requests)) == (True, "bad_input", 0)


def test_the_log_of_a_mongos_node_cannot_be_shown_and_is_explained(emulator: Emulator, options: dict[str, Any]) -> None:
    cluster = emulator.world.instances[1]
    mongos, shard = cluster.groups[0].nodes[0].id, cluster.groups[1].nodes[0].id
    result = show(options, instance_id=cluster.id, node_id=mongos)
    assert (result["failure"]["code"], result["failure"]["kind"]) == ("cannot_have", "parameter")
    assert "is a mongos node" in result["msg"]
    assert show(options, instance_id=cluster.id, node_id=shard)["entries"]


def test_an_unknown_node_is_an_error(options: dict[str, Any]) -> None:
    assert show(options, node_id="0" * 32 + "no02")["failure"]["kind"] == "not_found"


def test_a_cloud_without_the_call_is_told(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.world.absent_actions = ["ListSlowLogs"]
    result = show(options)
    assert (result["failed"], result["failure"]["code"]) == (True, "APIGW.0101")


def test_a_clock_ahead_of_the_cloud_asks_for_nothing_in_the_future(
    emulator: Emulator, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "Clock", lambda: Clock(lambda: emulator.clock.now() + 600))
    result = show({name: value for name, value in options.items() if name != "end"})
    assert result["entries"]


def test_nothing_of_an_entry_moves_a_terminal_or_turns_its_text_around(
    emulator: Emulator, options: dict[str, Any]
) -> None:
    emulator.world.instances[0].slow_log_masking = False
    emulator.world.add_entry(
        emulator.world.instances[0].id, "SlowLog", emulator.clock.now() - 2 * HOUR, message="a\x1b[2J\x9bb\tc\u202ed"
    )
    shown = [entry["whole_message"] for entry in show(options)["entries"]]
    assert any("a[2Jb\tcd" in text for text in shown)
    assert all(text.replace("\t", "").isprintable() for text in shown)


def test_a_statement_stands_in_the_result_alone(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.world.instances[0].slow_log_masking = False
    emulator.world.add_entry(
        emulator.world.instances[0].id, "SlowLog", emulator.clock.now() - 2 * HOUR, message="find alice@example.com"
    )
    result = show(options)
    assert "alice@example.com" in str(result.pop("entries"))
    emulator.faults.add(Fault("ListSlowLogs", "corrupt_body", times=None, args={"position": 0}))
    failed = show(options, deadline=0.2)
    assert failed["failed"]
    text = str([result, failed])
    for secret in (*secrets_of(emulator).values(), "alice"):
        assert secret not in text.replace(str(result.get("invocation")), "").replace(str(failed.get("invocation")), "")
