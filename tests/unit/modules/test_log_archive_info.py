# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_info``: what is held, what is lacking, what is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import ACCEPTED, EVERY, Event, Ledger

from ..archives import Made
from ..running import run_module


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of two instances; this is the first of them."""
    Made(tmp_path, "other", "dds").exported(0, 1)
    made = Made(tmp_path)
    made.opened()
    made.collected(0, 1, 2)
    return made


def info(made: Made, **options: Any) -> dict[str, Any]:
    """Run the module, for real and in check mode, twice: it reads alone."""
    arguments = {"archive": str(made.path.parents[3]), **options}
    before = made.snapshot()
    results = [run_module("log_archive_info", arguments, check=check) for check in (True, False)]
    assert results[0] == results[1]
    assert made.snapshot() == before
    assert not results[0].get("changed")
    return results[0]


def test_what_is_held_is_told_without_requests(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    result = info(made)
    assert [one["instance"] for one in result["instances"]] == ["other", "uclmongo-1"]
    assert (result["counts"]["collected"], result["bytes"], result["problems"]) == (5, 500, [])
    one = info(made, instances=["uclmongo-1"], log_types=["slow"], node_ids=["node-1"])["instances"][0]
    assert one["head"] == made.ledger.head
    assert info(made, log_types=["audit"])["counts"]["collected"] == 0


def test_an_intact_archive_verifies(made: Made) -> None:
    for level in ("none", "size", "sha256"):
        assert not info(made, verify=level, instances=["uclmongo-1"], expected_head=made.ledger.head).get("failed")


def test_a_file_of_another_size_is_the_one_problem(made: Made) -> None:
    (made.path / made.files()[0]).write_text("damaged")
    result = info(made, verify="size")
    assert [problem["kind"] for problem in result["problems"]] == ["size"]
    assert result["counts"] == info(made)["counts"]


def test_problems_fail_with_the_full_result(made: Made) -> None:
    for path in made.files():
        (made.path / path).unlink()
    assert not info(made).get("failed")
    result = info(made, verify="size", return_limit=2)
    assert result["msg"].startswith(f"3 problems were found, first in {made.folder}: node-1/slow/2026/03/01/")
    assert (len(result["problems"]), result["problems_omitted"]) == (2, 1)
    assert result["problems"][0] == {
        "kind": "missing",
        "instance": made.folder,
        "path": "node-1/slow/2026/03/01/20260301T000000Z_20260302T000000Z.tar.gz",
        "message": "node-1/slow/2026/03/01/20260301T000000Z_20260302T000000Z.tar.gz is not there.",
    }
    assert result["failure"]["code"] == "incomplete"
    assert result["counts"]["collected"] == 5
    assert info(made, verify="size", return_limit=0)["problems_omitted"] == 3


def test_an_altered_ledger_fails_at_any_level_until_it_is_accepted(made: Made) -> None:
    known = made.ledger.head
    made.altered(1)
    result = info(made)
    assert result["msg"].startswith("1 problem was found")
    assert [one["kind"] for one in result["problems"]] == ["chain"]
    made.write(Event(ACCEPTED, Series(EVERY, EVERY), reason="known", broken=made.ledger.breaks[0]))
    assert not info(made).get("failed")
    assert not info(made, instances=["uclmongo-1"], expected_head=known).get("failed")
    result = info(made, instances=["uclmongo-1"], expected_head="0" * 64)
    assert [one["kind"] for one in result["problems"]] == ["head"]


def test_a_head_is_that_of_one_instance(made: Made) -> None:
    assert "One instance must be chosen" in info(made, expected_head="0" * 64)["msg"]
    result = info(made, provider="dds", expected_head="1" * 64)
    assert "The ledger has no line with the head 1111" in result["problems"][0]["message"]


def test_a_head_is_proven_by_one_look_at_its_place(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    known = info(made, instances=["uclmongo-1"])["instances"][0]
    made.collected(3, 4)
    survey_holds(made)
    chosen = {"instances": ["uclmongo-1"], "expected_head": known["head"]}
    other = "ledger-2026-03.jsonl:0:1"
    assert not info(made, **chosen, expected_head_at=known["head_at"]).get("failed")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "read", None)
        run = run_module(
            "log_archive_info", {"archive": str(made.path.parents[3]), **chosen, "expected_head_at": known["head_at"]}
        )
        assert not run.get("failed")
    # A place that is wrong proves nothing, and takes nothing from the head.
    assert not info(made, **chosen, expected_head_at=other).get("failed")
    chosen["expected_head"] = "1" * 64
    assert "no line with the head 1111" in info(made, **chosen, expected_head_at=known["head_at"])["msg"]


def survey_holds(made: Made) -> None:
    """Hold the lock once, and so have the checkpoint written."""
    with survey.writing(str(made.path.parents[3]), made.folder, 0, 0):
        pass


def test_what_is_told_by_the_checkpoint_is_what_the_ledger_says(made: Made) -> None:
    made.lost(5)
    survey_holds(made)
    recalled = info(made)
    (made.path / "checkpoint.json").unlink()
    assert info(made) == recalled


@pytest.mark.parametrize("what", ["altered", "dropped"])
def test_verification_and_the_next_look_find_a_line_that_was_edited_behind_a_checkpoint(made: Made, what: str) -> None:
    survey_holds(made)
    if what == "altered":
        made.altered(1)
    else:
        path = made.path / "ledger-2026-03.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    for level in ("none", "size"):
        assert [one["kind"] for one in info(made, verify=level)["problems"]] == ["chain"]


def test_parts_are_read_of_a_verification_by_content(made: Made) -> None:
    results = [info(made, verify="sha256", verify_part=f"{number}/3", workers=1) for number in (1, 2, 3)]
    assert sum(one["files_read"] for one in results) == 5
    assert sum(one["bytes_read"] for one in results) == 500
    assert info(made, verify="sha256")["files_read"] == 5
    assert info(made, verify="size")["files_read"] == 0
    assert "only verify=sha256" in info(made, verify="size", verify_part="1/3")["msg"]
    assert "such as 3/30" in info(made, verify="sha256", verify_part="4/3")["msg"]
    assert "file:byte:line" in info(made, expected_head="1" * 64, expected_head_at="here")["msg"]


@pytest.mark.parametrize(
    ("options", "code"), [({"instances": ["gone"]}, "no_instance"), ({"archive": "/x/y"}, "no_archive")]
)
def test_what_is_not_there_is_named(made: Made, options: dict[str, Any], code: str) -> None:
    result = info(made, **options)
    assert result["failure"]["code"] == code


def test_an_archive_of_nothing_cannot_be_verified(made: Made, tmp_path: Path) -> None:
    (tmp_path / "unmounted").mkdir()
    for options in ({"archive": str(tmp_path / "unmounted")}, {"region": "elsewhere"}):
        for level in ("size", "sha256"):
            failure = info(made, verify=level, **options)["failure"]
            assert (failure["code"], failure["kind"]) == ("no_instance", "archive")
        result = info(made, **options)
        assert (result.get("failed", False), result["instances"]) == (False, [])
        assert "holds no instance of those that were chosen" in str(result["warnings"])
    assert "warnings" not in info(made)


@pytest.mark.parametrize("level", ["none", "sha256"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_an_instance_that_cannot_be_read_hides_no_other(made: Made, level: str, kind: str) -> None:
    path = made.path / "ledger-2026-02.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/etc/passwd")
    result = run_module("log_archive_info", {"archive": str(made.path.parents[3]), "verify": level})
    assert [one["instance"] for one in result["instances"]] == ["other"]
    assert (result["failed"], result["failure"]["code"], result["counts"]["collected"]) == (True, "incomplete", 2)
    assert [[one["kind"], one["instance"], one["path"]] for one in result["problems"]] == [
        ["unreadable", made.folder, ""]
    ]
    assert str(path) in result["problems"][0]["message"]


def test_what_is_nested_too_deeply_is_told(made: Made) -> None:
    made.file("status.json", b"[" * 200_000)
    assert not info(made).get("failed")
    path = min(made.path.glob("ledger-*"))
    for junk, line in ((path.read_bytes() + b"[" * 200_000 + b"\n", 5), (b"[" * 200_000 + b"\n", 1)):
        path.write_bytes(junk)
        assert f"line {line} cannot be read" in info(made)["msg"]


def test_a_node_that_nothing_is_held_of_is_named(made: Made) -> None:
    result = info(made, node_ids=["node-1", "node-9"])
    assert (result["failure"]["kind"], "nothing of node-9; it has node-1." in result["msg"]) == ("bad_input", True)
    made.file("node-9/slow/2026/03/01/x\u202e\x1b[2J\x9b")
    [problem] = info(made, node_ids=["node-9"], verify="size")["problems"]
    assert (problem["kind"], problem["path"]) == ("unrecorded", "node-9/slow/2026/03/01/x[2J")
    assert problem["message"] == "node-9/slow/2026/03/01/x[2J has no line in the ledger."
