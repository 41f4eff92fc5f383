# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a schedule meets with a DDS instance's slow and error logs, which the cloud exports when asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Plan
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import Links
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, Export, Exports, Node
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Auth
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.exports import ExportSource, node_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Instance, verify


@pytest.fixture
def exports(instance: Instance) -> Instance:
    """A timeline that collects slow logs alone."""
    instance.log_types = ("slow",)
    return instance


def collected(outcome: Outcome) -> list[str]:
    return sorted(event.unit for event in outcome.done if event.status == "collected")


def files(instance: Instance) -> list[Path]:
    return sorted((instance.archive / instance.folder).glob("*/*/*/*/*/*"))


def codes(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    result = outcome.result("", 100)
    return [(notice["code"], notice["log_type"], notice["node"]) for notice in result["notices"]]


def test_each_node_s_export_is_collected_once_and_named_by_its_bytes(exports: Instance) -> None:
    outcome = exports.collect()
    assert outcome.message() is None
    assert len(collected(outcome)) == len(exports.instance.nodes()) == len(files(exports))
    for path in files(exports):
        assert path.name.endswith("." + hashlib.sha256(path.read_bytes()).hexdigest()[:8])
        assert path.parts[-6] in path.name
    line = next(line for line in verify(exports.archive / exports.folder) if line["status"] == "collected")
    assert (line["begin"], line["end"]) == (None, None)
    again = exports.collect()
    assert (again.changed, again.message()) == (False, None)


def test_content_that_changed_is_another_unit(exports: Instance) -> None:
    first = exports.collect()
    exports.advance(hours=2)
    second = exports.collect()
    assert len(collected(first)) == len(collected(second)) == len(exports.instance.nodes())
    assert not {*collected(first)} & {*collected(second)}
    assert len(files(exports)) == 2 * len(exports.instance.nodes())


def test_only_the_day_that_grew_is_collected_again(exports: Instance) -> None:
    exports.emulator.world.export_daily = True
    assert len(collected(exports.collect())) == 7 * len(exports.instance.nodes())
    exports.advance(hours=2)
    assert len(collected(exports.collect())) == len(exports.instance.nodes())


def test_the_same_bytes_under_a_new_name_are_not_kept_twice(exports: Instance) -> None:
    exports.emulator.world.export_names = "new"
    exports.emulator.world.export_keep_seconds = 60
    exports.collect()
    exports.advance(seconds=120)
    assert exports.collect().changed is False


def test_check_mode_begins_no_export_and_says_so(exports: Instance) -> None:
    outcome = exports.collect(check=True)
    assert (outcome.changed, codes(outcome)) == (False, [("not_asked", "slow", None)])
    assert exports.calls("DownloadSlowLog") == 0
    assert exports.instance.exports == []


def test_what_takes_too_long_is_left_pending_and_collected_by_the_next_run(exports: Instance) -> None:
    exports.emulator.world.export_seconds = 600
    outcome = exports.collect(settings={"wait_timeout": 60.0})
    assert outcome.message() is None
    assert len(outcome.pending()) == len(exports.instance.nodes())
    exports.advance(seconds=600)
    assert len(collected(exports.collect())) == len(exports.instance.nodes())


def test_an_export_that_failed_is_missing_and_stops_no_other(exports: Instance) -> None:
    node = exports.instance.nodes()[0].id
    exports.emulator.faults.add(Fault("*", "fail_export", args={"node": node}))
    outcome = exports.collect()
    assert [step.series.node for step in outcome.missing()] == [node]
    assert "could not export it" in str(outcome.message())
    assert len(collected(outcome)) == len(exports.instance.nodes()) - 1


def test_a_link_that_ran_out_is_asked_for_again_even_if_that_takes_another_export(exports: Instance) -> None:
    exports.emulator.world.export_links = "once"
    exports.emulator.world.export_seconds = 10
    exports.emulator.faults.add(Fault("object", "expired_link"))
    exports.emulator.faults.add(Fault("*", "export_again", skip=2))
    outcome = exports.collect()
    assert outcome.message() is None
    assert len(collected(outcome)) == len(exports.instance.nodes())


def test_links_that_end_soon_are_not_used(exports: Instance) -> None:
    exports.emulator.faults.add(Fault("*", "short_links", times=2, args={"seconds": 5}))
    outcome = exports.collect()
    assert outcome.message() is None
    assert [record for record in exports.emulator.requests if record.status == 403] == []


def test_types_that_nodes_of_a_cluster_cannot_have_are_told(instance: Instance) -> None:
    sharded = next(one for one in instance.emulator.world.instances if one.mode == "Sharding")
    sharded.audit_every = 0.0
    instance.instance = sharded
    mongos, shard = (
        next(group.nodes[0].id for group in sharded.groups if group.type == kind) for kind in ("mongos", "shard")
    )
    instance.nodes, instance.log_types = (mongos, shard), ("audit", "slow", "error")
    outcome = instance.collect()
    assert [code for code in codes(outcome) if code[0] == "cannot_have"] == [
        ("cannot_have", "audit", shard),
        ("cannot_have", "slow", mongos),
    ]
    assert {(event.series.node, event.series.log_type) for event in outcome.done if event.unit} == {
        (shard, "slow"),
        (shard, "error"),
        (mongos, "error"),
    }
    instance.nodes, instance.log_types = (mongos,), ("slow",)
    with pytest.raises(BadInput, match="none of these nodes has slow logs"):
        instance.collect()
    instance.nodes = ("0" * 32 + "no02",)
    with pytest.raises(BadInput, match="has no node"):
        instance.collect()


def test_all_nodes_of_a_cluster_that_can_have_a_type_are_asked(instance: Instance) -> None:
    sharded = next(one for one in instance.emulator.world.instances if one.mode == "Sharding")
    instance.instance, instance.log_types = sharded, ("slow", "error")
    outcome = instance.collect()
    by_type = {
        log_type: {event.series.node for event in outcome.done if event.unit and event.series.log_type == log_type}
        for log_type in ("slow", "error")
    }
    groups = {
        kind: {node.id for g in sharded.groups if g.type == kind for node in g.nodes}
        for kind in ("mongos", "shard", "config")
    }
    assert by_type == {"slow": groups["shard"], "error": groups["mongos"] | groups["shard"] | groups["config"]}


def test_a_type_that_is_not_permitted_stops_no_other(instance: Instance) -> None:
    instance.log_types = ("audit", "slow", "error")
    log = instance.add_log(3)
    instance.emulator.faults.add(
        Fault("DownloadSlowLog", "http", times=None, args={"status": 403, "code": "DBS.280032", "message": "no"})
    )
    outcome = instance.collect()
    assert log in collected(outcome)
    assert len(collected(outcome)) == 1 + len(instance.instance.nodes())
    assert outcome.missing() == []
    assert str(outcome.message()).startswith("slow: The API refused with HTTP 403 DBS.280032")
    assert [one["failure"]["kind"] for one in outcome.result("", 9)["failures"]] == ["permission"]
    instance.emulator.faults.clear()
    assert instance.collect().message() is None


def test_a_list_that_fails_once_makes_nothing_lost_and_forgets_no_loss(instance: Instance) -> None:
    instance.log_types = ("audit", "slow")
    log = instance.add_log(3)
    instance.emulator.faults.add(Fault("object", "corrupt_body", times=None, match={"path": log}))
    assert [step.unit for step in instance.collect().missing()] == [log]
    instance.emulator.faults.add(Fault("ListAuditLogs", "http", times=None, args={"status": 500}))
    failed = instance.collect()
    assert list(failed.failures) == ["audit"]
    assert failed.missing() == []
    instance.emulator.faults.clear()
    instance.instance.audit_logs.clear()
    lost = [event.unit for event in instance.collect().done if event.status == "lost"]
    assert lost == [log]
    assert instance.collect().message() is None


def test_check_mode_fails_as_the_run_would(instance: Instance) -> None:
    instance.log_types = ("audit", "slow")
    instance.emulator.faults.add(Fault("ListAuditLogs", "http", times=None, args={"status": 403}))
    planned = instance.collect(check=True).message()
    assert planned is not None
    assert (instance.collect().message() or "").startswith(planned)


def test_files_of_one_name_are_told_apart(exports: Instance) -> None:
    exports.emulator.faults.add(Fault("*", "hostile_names", times=None, args={"form": "same"}))
    outcome = exports.collect()
    assert outcome.message() is None
    found = [event for event in outcome.done if event.unit]
    assert {event.series.node for event in found} == {node.id for node in exports.instance.nodes()}
    assert len({event.sha256 for event in found}) == len(found)
    assert exports.collect().changed is False


def test_a_file_whose_line_could_not_be_written_is_taken_up_by_whichever_run_comes_next(
    exports: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Ledger.append

    def full(ledger: Ledger, events: Sequence[Event], at: int) -> None:
        if any(event.status == "collected" for event in events):
            raise ArchiveError("The disk is full.", code="ENOSPC")
        append(ledger, events, at)

    exports.verifies = False
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", full)
        assert "The disk is full." in str(exports.collect().message())
    left = files(exports)
    assert left
    exports.log_types = ("audit",)
    taken = exports.collect()
    assert sorted(event.path or "" for event in taken.done if event.adopted) == sorted(
        str(path.relative_to(exports.archive / exports.folder)) for path in left
    )
    exports.log_types = ("slow",)
    exports.collect()
    verify(exports.archive / exports.folder)


def test_a_series_that_somebody_closed_goes_on_when_there_is_something(exports: Instance) -> None:
    exports.collect()
    folder = exports.archive / exports.folder
    node = exports.instance.nodes()[0].id
    tree = Tree(str(folder), Ownership())
    ledger = Ledger.read(tree, {"provider": "dds", "instance": exports.instance.id})
    now = int(exports.emulator.clock.now())
    ledger.append([Event("closed", Series(node, "slow"), begin=now, end=now, reason="gone")], now)
    exports.advance(hours=2)
    outcome = exports.collect()
    assert [(event.status, event.series.node) for event in outcome.done if not event.unit] == [("opened", node)]
    assert len(collected(outcome)) == len(exports.instance.nodes())


def test_one_type_alone_that_is_not_permitted_is_the_error_of_the_run(exports: Instance) -> None:
    exports.emulator.faults.add(
        Fault("DownloadSlowLog", "http", times=None, args={"status": 403, "code": "DBS.280032", "message": "no"})
    )
    with pytest.raises(CloudError) as caught:
        exports.collect()
    assert (caught.value.kind, files(exports)) == ("permission", [])


def test_why_there_is_no_audit_log_is_told(instance: Instance) -> None:
    assert codes(instance.collect()) == [("nothing_logged", "audit", None)]
    instance.instance.policy.keep_days = 0
    assert codes(instance.collect()) == [("auditing_off", "audit", None)]
    instance.emulator.faults.add(
        Fault("ShowAuditLogPolicy", "http", times=None, args={"status": 403, "code": "DBS.280032", "message": "no"})
    )
    assert codes(instance.collect()) == [("no_permission", "audit", None)]


def test_a_file_that_a_killed_run_left_is_taken_up(exports: Instance) -> None:
    exports.collect()
    folder = exports.archive / exports.folder
    ledger = next(folder.glob("ledger-*.jsonl"))
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]))
    (folder / ".lock").write_text("{}\n")
    outcome = exports.collect()
    assert [event.adopted for event in outcome.done if event.unit] == [True]
    assert exports.collect().changed is False


NODES = (Node("a" * 32 + "no02", "db_1", "replica"), Node("b" * 32 + "no02", "db_2", "replica"))


@pytest.mark.parametrize(
    ("name", "node_name", "found"),
    [
        (f"p_{'a' * 32}no02_slow", "db_2", "b" * 32 + "no02"),
        (f"p_{'a' * 32}no02_slow", "node_3", "a" * 32 + "no02"),
        ("anonymous", "db_2", "b" * 32 + "no02"),
        ("anonymous", "node_3", "node_3"),
        ("anonymous", "", "unknown"),
    ],
)
def test_the_node_of_an_export_is_found_by_its_name_or_its_id(name: str, node_name: str, found: str) -> None:
    assert node_of(Export(name, node_name, "SUCCESS", None), NODES) == found


class Answers(Dds):
    """A client that answers what a test says of exports, one answer a call."""

    def __init__(self, *answers: Exports) -> None:
        """Know nothing else."""
        http = Http(timeout=1, deadline=1, verify=True, clock=Clock(lambda: 1_000_000.0))
        super().__init__(http, Auth(), endpoint="", iam_endpoint="", region="r", project_id="p")
        self.asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._answers = list(answers)

    def exports(
        self, instance_id: str, log_type: str, *, names: Sequence[str] = (), node_ids: Sequence[str] = ()
    ) -> Exports:
        """Return the next answer."""
        self.asked.append((tuple(names), tuple(node_ids)))
        return self._answers.pop(0)


def source_of(api: Dds, nodes: Sequence[Node] = NODES, *, every: bool = True) -> ExportSource:
    return ExportSource(api, "slow", instance_id="i", nodes=nodes, every=every)


def planned(source: ExportSource, tmp_path: Path) -> Plan:
    tree = Tree(str(tmp_path), Ownership())
    return source.plan(Ledger(tree, {}), Status(tree, {}), ())


@pytest.mark.parametrize(("state", "action"), [("CREATING", "wait"), ("FAILED", "missing")])
def test_as_long_as_no_file_is_named_each_node_is_waited_for_or_missing(
    tmp_path: Path, state: str, action: str
) -> None:
    plan = planned(source_of(Answers(Exports(state, []))), tmp_path)
    assert [(step.action, step.series.node, step.unit) for step in plan.steps] == [
        (action, node.id, "all") for node in NODES
    ]
    assert plan.notices == ()


def test_nothing_to_export_is_told(tmp_path: Path) -> None:
    plan = planned(source_of(Answers(Exports("FINISH", []))), tmp_path)
    assert (plan.steps, [notice.code for notice in plan.notices]) == ((), ["nothing_logged"])


def test_nobody_is_asked_about_no_node(tmp_path: Path) -> None:
    api = Answers()
    assert (planned(source_of(api, ()), tmp_path), api.asked) == (Plan(), [])


def test_only_the_nodes_that_are_wanted_are_asked_about(tmp_path: Path) -> None:
    api = Answers(Exports("FINISH", []))
    planned(source_of(api, NODES[:1], every=False), tmp_path)
    assert api.asked == [((), (NODES[0].id,))]


@pytest.mark.parametrize(
    ("files", "code", "passing"),
    [
        ([Export("f", "db_1", "EXPORTING", None)], "exporting", True),
        ([Export("f", "db_1", "FAILED", None)], "no_link", False),
        ([Export("g", "db_1", "SUCCESS", "https://host/g")], "no_link", False),
        ([], "no_link", False),
    ],
)
def test_a_link_that_cannot_be_had_now_is_told_from_one_that_cannot_be_had(
    tmp_path: Path, files: list[Export], code: str, passing: bool
) -> None:
    link = "https://host/f?Expires=1000005"
    source = source_of(Answers(Exports("FINISH", [Export("f", "db_1", "SUCCESS", link)]), Exports("X", files)))
    offer = planned(source, tmp_path).steps[0].file
    with pytest.raises(CloudError) as caught:
        source.links([offer])
    assert (caught.value.code, caught.value.passing) == (code, passing)


@pytest.mark.parametrize("end", ["?Expires=1000100", "", "?Expires=soon"])
def test_a_link_is_given_out_once(tmp_path: Path, end: str) -> None:
    first, second = (Exports("FINISH", [Export("f", "", "SUCCESS", f"https://h/{n}{end}")]) for n in (1, 2))
    source = source_of(Answers(first, second))
    offer = planned(source, tmp_path).steps[0].file
    links = Links(source, lambda: 0.0)
    assert [links.first(offer), links.of(offer)] == [f"https://h/1{end}", f"https://h/2{end}"]


def test_a_plan_shows_no_link(tmp_path: Path) -> None:
    source = source_of(Answers(Exports("FINISH", [Export("f", "db_1", "SUCCESS", "https://h/f?Signature=c2VjcmV0")])))
    plan = planned(source, tmp_path)
    assert plan.steps[0].file.link is not None
    assert "c2VjcmV0" not in repr(plan)
