# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a schedule meets in the life of a DDS instance's audit logs."""

from __future__ import annotations

import json

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import LONGEST_NAME
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, MINUTE
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Instance, verify


def collected(outcome: Outcome) -> list[str]:
    return sorted(event.unit for event in outcome.done if event.status == "collected")


def test_everything_that_is_listed_is_collected_once(instance: Instance) -> None:
    ids = [instance.add_log(hours) for hours in (1, 5, 50, 160)]
    outcome = instance.collect()
    assert collected(outcome) == sorted(ids)
    assert outcome.message() is None
    again = instance.collect()
    assert (again.changed, again.message()) == (False, None)


def test_quiet_time_is_no_gap(instance: Instance) -> None:
    assert instance.collect().changed is False
    instance.advance(days=30)
    log = instance.add_log(2)
    assert collected(instance.collect()) == [log]


def test_a_log_that_arrives_hours_late_is_collected(instance: Instance) -> None:
    instance.collect()
    late = instance.add_log(1, late=20)
    assert instance.collect().changed is False
    instance.advance(hours=22)
    assert collected(instance.collect()) == [late]


def test_listing_goes_back_to_where_it_last_ended(instance: Instance) -> None:
    instance.collect(lookback=DAY)
    instance.advance(days=20)
    log = instance.add_log(19 * 24)
    assert collected(instance.collect(lookback=DAY)) == [log]


def test_without_a_status_listing_goes_back_to_the_newest_log_held(instance: Instance) -> None:
    instance.add_log(1)
    instance.collect(lookback=DAY)
    (instance.archive / instance.folder / "status.json").unlink()
    instance.advance(days=20)
    log = instance.add_log(19 * 24)
    assert collected(instance.collect(lookback=DAY)) == [log]


def test_an_error_does_not_move_the_listing_on(instance: Instance) -> None:
    instance.collect(lookback=DAY)
    instance.advance(days=3)
    log = instance.add_log(70)
    instance.emulator.faults.add(Fault("ListAuditLogs", "http", times=None))
    with pytest.raises(CloudError):
        instance.collect(lookback=DAY)
    instance.emulator.faults.clear()
    instance.advance(days=3)
    assert collected(instance.collect(lookback=DAY)) == [log]


def test_the_status_tells_how_the_last_run_went(instance: Instance) -> None:
    path = instance.archive / instance.folder / "status.json"
    instance.add_log(3, size=2000)
    instance.collect()
    run = json.loads(path.read_text())["run"]
    assert (run["bytes"], run["failure"], run["calls"] > 1) == (2000, None, True)
    instance.emulator.faults.add(Fault("ListAuditLogs", "http", times=None, args={"status": 403, "code": "DBS.280032"}))
    with pytest.raises(CloudError):
        instance.collect()
    run = json.loads(path.read_text())["run"]
    assert (run["bytes"], run["failure"]["kind"], run["failure"]["code"]) == (0, "permission", "DBS.280032")
    assert "Grant" in run["failure"]["hint"]
    instance.emulator.faults.clear()
    instance.emulator.faults.add(Fault("object", "corrupt_body", times=None))
    log = instance.add_log(2)
    assert [step.unit for step in instance.collect().missing()] == [log]
    assert json.loads(path.read_text())["run"]["failure"]["code"] == "corrupt_body"


def test_a_log_that_was_seen_and_is_gone_is_lost_once(instance: Instance) -> None:
    log = instance.add_log(3)
    kept = instance.add_log(5)
    instance.emulator.faults.add(Fault("object", "corrupt_body", times=None, match={"path": log}))
    assert collected(instance.collect()) == [kept]
    instance.instance.audit_logs[:] = [one for one in instance.instance.audit_logs if one.id != log]
    planned = instance.collect(check=True)
    outcome = instance.collect()
    for one in (planned, outcome):
        assert [(event.status, event.unit) for event in one.done] == [("lost", log)]
    assert "can never be had any more" in (outcome.message() or "")
    again = instance.collect()
    assert (again.changed, again.message()) == (False, None)
    assert [row["unit"] for row in again.result("", 9)["lost"]] == [log]


def test_a_log_that_was_lost_and_is_listed_again_is_collected(instance: Instance) -> None:
    log = instance.add_log(3)
    instance.emulator.faults.add(Fault("object", "corrupt_body", times=3))
    instance.collect()
    rows = list(instance.instance.audit_logs)
    instance.instance.audit_logs.clear()
    instance.collect()
    instance.instance.audit_logs[:] = rows
    outcome = instance.collect()
    assert collected(outcome) == [log]
    assert outcome.lost() == []


def test_a_log_that_cannot_be_had_for_days_is_not_forgotten(instance: Instance) -> None:
    log = instance.add_log(3)
    instance.emulator.faults.add(Fault("AuditLogLinks", "http", times=None))
    for _day in range(4):
        assert "1 of 1 units are missing" in (instance.collect(lookback=DAY).message() or "")
        instance.advance(days=1)
    instance.emulator.faults.clear()
    assert collected(instance.collect(lookback=DAY)) == [log]


def test_an_explicit_span_moves_no_listing_on(instance: Instance) -> None:
    instance.collect(lookback=DAY)
    instance.advance(days=20)
    log = instance.add_log(19 * 24)
    now = int(instance.emulator.clock.now())
    instance.collect(span=Span(now - HOUR, now))
    assert collected(instance.collect(lookback=DAY)) == [log]


def test_of_a_span_that_is_to_come_no_reason_is_made_up(instance: Instance) -> None:
    now = int(instance.emulator.clock.now())
    outcome = instance.collect(span=Span(now + 365 * DAY, now + 366 * DAY))
    assert [notice["code"] for notice in outcome.result("", 9)["notices"]] == ["not_yet"]


def test_links_that_are_not_given_are_waited_for_once(instance: Instance) -> None:
    for hours in range(1, 121):
        instance.add_log(hours)
    instance.emulator.faults.add(Fault("AuditLogLinks", "http", times=None))
    before = instance.emulator.clock.now()
    assert "120 of 120 units are missing" in (instance.collect().message() or "")
    assert instance.emulator.clock.now() - before < 120


def test_a_narrower_listing_takes_nothing_for_lost(instance: Instance) -> None:
    log = instance.add_log(100)
    instance.emulator.faults.add(Fault("object", "corrupt_body", times=3))
    instance.collect()
    now = int(instance.emulator.clock.now())
    assert instance.collect(span=Span(now - 2 * HOUR, now)).changed is False
    assert collected(instance.collect()) == [log]


def test_only_the_nodes_that_were_asked_for(instance: Instance) -> None:
    mine, other = instance.instance.audited_nodes()[:2]
    end = instance.emulator.clock.now() - HOUR
    logs = {
        node.id: instance.emulator.world.add_audit_log(instance.instance.id, node.id, start=end - HOUR, end=end).id
        for node in (mine, other)
    }
    instance.nodes = (mine.id,)
    assert collected(instance.collect()) == [logs[mine.id]]
    instance.nodes = ()
    assert collected(instance.collect()) == [logs[other.id]]


def test_shuffled_links_reach_their_logs(instance: Instance) -> None:
    for hours in range(1, 13):
        instance.add_log(hours, size=1000 + hours)
    instance.emulator.faults.add(Fault("AuditLogLinks", "shuffle_links", times=None))
    outcome = instance.collect()
    assert outcome.message() is None
    assert outcome.warnings == []
    assert instance.calls("AuditLogLinks") == 1


def test_links_that_do_not_name_their_log_are_asked_for_one_by_one(instance: Instance) -> None:
    for hours in range(1, 5):
        instance.add_log(hours, size=1000 + hours)
    instance.emulator.faults.add(
        Fault("AuditLogLinks", "shuffle_links", times=None), Fault("AuditLogLinks", "opaque_names", times=None)
    )
    outcome = instance.collect()
    assert outcome.message() is None
    assert outcome.warnings == []
    assert instance.calls("AuditLogLinks") == 5


def test_a_link_that_expired_is_renewed(instance: Instance) -> None:
    log = instance.add_log(1)
    instance.emulator.faults.add(Fault("object", "expired_link"))
    assert collected(instance.collect()) == [log]


def test_a_list_that_grows_while_it_is_read_is_read_to_its_end(instance: Instance) -> None:
    instance.emulator.world.add_audit_logs(instance.instance.id, 250, 6, sizes=(50, 90))
    instance.emulator.faults.add(Fault("ListAuditLogs", "growing_list", times=2))
    outcome = instance.collect()
    assert len(collected(outcome)) == 252


def test_a_401_in_mid_run_stops_it_and_keeps_what_is_there(instance: Instance) -> None:
    for hours in range(1, 71):
        instance.add_log(hours)
    instance.emulator.faults.add(Fault("AuditLogLinks", "unauthorized", times=None, skip=1))
    outcome = instance.collect()
    assert len(collected(outcome)) == 50
    assert "HTTP 401" in (outcome.message() or "")
    assert instance.calls("AuditLogLinks") == 2
    instance.emulator.faults.clear()
    assert len(collected(instance.collect())) == 20


@pytest.mark.parametrize("form", ["parent", "absolute", "newline", "long", "dash", "same", "empty"])
def test_hostile_names_stay_in_the_archive_and_apart(instance: Instance, form: str) -> None:
    for hours in range(1, 5):
        instance.add_log(hours)
    instance.emulator.faults.add(
        Fault("ListAuditLogs", "hostile_names", times=None, args={"form": form}),
        Fault("AuditLogLinks", "hostile_names", times=None, args={"form": form}),
    )
    outcome = instance.collect()
    assert outcome.message() is None
    lines = [line for line in verify(instance.archive / instance.folder) if line["path"]]
    assert len({line["path"] for line in lines}) == 4
    for line in lines:
        name = line["path"].rpartition("/")[2]
        assert len(name) <= LONGEST_NAME
        assert name[0] not in ".-"
    assert instance.collect().changed is False


def test_a_file_without_a_line_is_taken_up(instance: Instance) -> None:
    log = instance.add_log(2)
    instance.collect()
    ledger = next((instance.archive / instance.folder).glob("ledger-*"))
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    before = instance.calls("object")
    outcome = instance.collect()
    assert [(event.unit, event.adopted) for event in outcome.done] == [(log, True)]
    assert instance.calls("object") == before


def test_a_deleted_ledger_is_noticed_and_rebuilt(instance: Instance) -> None:
    ids = [instance.add_log(hours) for hours in (2, 30)]
    instance.collect()
    ledger = next((instance.archive / instance.folder).glob("ledger-*"))
    ledger.unlink()
    with pytest.raises(ArchiveError, match="holds files but no ledger"):
        instance.collect()
    before = instance.calls("object")
    outcome = instance.collect(settings={"rebuild": True})
    assert collected(outcome) == sorted(ids)
    assert instance.calls("object") == before
    assert instance.collect().changed is False


def test_a_clock_that_runs_ahead_still_lists_everything(instance: Instance) -> None:
    log = instance.add_log(7 * 24 - 0.1)
    instance.ahead = 14 * MINUTE
    outcome = instance.collect()
    assert collected(outcome) == [log]
    assert any("ahead of the API's" in warning for warning in outcome.warnings)


def test_check_mode_plans_what_the_run_does(instance: Instance) -> None:
    for hours in range(1, 13):
        instance.add_log(hours)
    planned = instance.collect(check=True)
    assert not instance.archive.exists()
    outcome = instance.collect()
    assert collected(planned) == collected(outcome)
    assert planned.result("", 9)["counts"] == outcome.result("", 9)["counts"]


@pytest.mark.parametrize("old", [DAY, 30 * DAY, 14 * MINUTE, -DAY, -14 * MINUTE])
def test_a_date_that_lies_hides_no_log(instance: Instance, old: float) -> None:
    """A gateway's stale ``Date`` made the list end before what was there; what was signed proves the local clock."""
    instance.signs = True
    log = instance.add_log(2)
    instance.emulator.faults.add(Fault("*", "stale_date", times=None, args={"seconds": old}))
    outcome = instance.collect()
    assert collected(outcome) == [log]
    assert len(outcome.warnings) == 1
    assert ("was not relied on" in outcome.warnings[0]) is (abs(old) == DAY or old == 30 * DAY)
    assert instance.collect().changed is False
    later = instance.add_log(0.1)
    assert [event.unit for event in instance.collect().done] == [later]


@pytest.mark.parametrize("ahead", [2 * DAY, -2 * DAY])
def test_clocks_that_are_far_apart_end_the_run(instance: Instance, ahead: float) -> None:
    """A token proves nothing."""
    instance.add_log(2)
    instance.ahead = ahead
    for check in (True, False):
        with pytest.raises(
            CloudError, match=r"clock of this host says .* API's answers say 2026-03-10T05:57"
        ) as raised:
            instance.collect(check=check)
        assert raised.value.kind == "clock"
    assert not instance.archive.exists()


def test_answers_from_a_cache_tell_no_time(instance: Instance) -> None:
    log = instance.add_log(2)
    instance.emulator.faults.add(Fault("*", "cached", times=None))
    outcome = instance.collect()
    assert (collected(outcome), outcome.warnings) == ([log], [])
