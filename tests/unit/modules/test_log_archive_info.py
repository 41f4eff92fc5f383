# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_info``: what is held, what is lacking, what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import ACCEPTED, ALL, Event

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
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    result = info(made)
    assert [one["instance"] for one in result["instances"]] == ["other", "uclmongo-1"]
    assert (result["counts"]["collected"], result["bytes"], result["problems"]) == (5, 500, [])
    one = info(made, instances=["uclmongo-1"], log_types=["slow"], node_ids=["node-1"])["instances"][0]
    assert one["head"] == made.ledger.head
    assert info(made, log_types=["audit"])["counts"]["collected"] == 0


def test_an_intact_archive_verifies(made: Made) -> None:
    for level in ("none", "size", "sha256"):
        assert not info(made, verify=level, instances=["uclmongo-1"], expected_head=made.ledger.head).get("failed")


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
    made.write(Event(ACCEPTED, Series(ALL, ALL), reason="known", broken=made.ledger.breaks[0]))
    assert not info(made).get("failed")
    assert not info(made, instances=["uclmongo-1"], expected_head=known).get("failed")
    result = info(made, instances=["uclmongo-1"], expected_head="0" * 64)
    assert [one["kind"] for one in result["problems"]] == ["head"]


def test_a_head_is_that_of_one_instance(made: Made) -> None:
    assert "One instance must be chosen" in info(made, expected_head="0" * 64)["msg"]
    result = info(made, provider="dds", expected_head="1" * 64)
    assert "The ledger has no line with the head 1111" in result["problems"][0]["message"]


@pytest.mark.parametrize(
    ("options", "code"), [({"instances": ["gone"]}, "no_instance"), ({"archive": "/x/y"}, "no_archive")]
)
def test_what_is_not_there_is_named(made: Made, options: dict[str, Any], code: str) -> None:
    result = info(made, **options)
    assert result["failure"]["code"] == code
