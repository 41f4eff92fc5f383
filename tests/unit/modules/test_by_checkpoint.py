# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that need not read a ledger whole do not, and say the same as those that do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

from ..archives import FIRST, SLOW, Made
from ..loglines import slow, text
from ..running import run_module

SPAN = {"begin": iso(FIRST + DAY), "end": iso(FIRST + 2 * DAY)}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of four days of slow logs, with a checkpoint."""
    made = Made(tmp_path / "archive")
    made.opened()
    for day in range(4):
        made.holds(text(slow(day * DAY + 10, 100 + day)), day)
    remember(made)
    return made


def remember(made: Made) -> None:
    """Write the checkpoint, as runs do at their end."""
    with survey.writing(str(made.path.parents[3]), made.folder, 0, FIRST):
        pass


def run(made: Made, name: str, **options: Any) -> dict[str, Any]:
    """Run a module in one process."""
    archive = made.path.parents[3]
    result = run_module(f"log_archive_{name}", {"archive": str(archive), **options})
    result.pop("invocation", None)
    return result


READERS: list[tuple[str, dict[str, Any]]] = [
    ("search", {"workers": 1}),
    ("search", {"workers": 1, **SPAN}),
    ("slow", {"workers": 1, **SPAN}),
    ("report", {"workers": 1, "slow": True}),
    ("accept", {"instance": "uclmongo-1", "what": "series_end", "node_id": SLOW.node, "reason": "gone"}),
]


@pytest.mark.parametrize(("name", "options"), READERS)
def test_what_is_asked_of_an_archive_is_not_read_from_its_beginning(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    if name == "report":
        options = {**options, "dest": str(tmp_path / "report")}
    before = shutil.copytree(made.path, tmp_path / "before")
    (made.path / CHECKPOINT).unlink()
    whole = run(made, name, **options)
    shutil.rmtree(made.path)
    before.rename(made.path)
    shutil.rmtree(tmp_path / "report", ignore_errors=True)
    monkeypatch.setattr(Ledger, "read", None)
    recalled = run(made, name, **options)
    for result in (whole, recalled):
        # When a line is written, its head tells.
        result.pop("head", None)
    assert recalled == whole
    assert not recalled.get("unread")


def test_an_export_that_goes_on_reads_what_is_new_alone(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dest = str(tmp_path / "out")
    assert run(made, "export", dest=dest)["units"] == 4
    new = made.path / "ledger-2026-03.jsonl"
    size = new.stat().st_size
    made.holds(text(slow(5 * DAY, 1)), 5)
    monkeypatch.setattr(Ledger, "read", None)
    begins: list[int] = []
    real = Tree.lines

    def lines(tree: Tree, path: str, offset: int = 0) -> Any:
        if path == new.name:
            begins.append(offset)
        return real(tree, path, offset)

    monkeypatch.setattr(Tree, "lines", lines)
    assert run(made, "export", dest=dest)["units"] == 1
    # The ledger from the checkpoint on, which is of all that was exported; and from the line of the head on.
    assert [new.read_bytes()[begin:size].count(b"\n") for begin in begins] == [0, 1]
    assert run(made, "export", dest=dest)["units"] == 0
