# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``role_files``: what is there afterwards is what was asked for, and check mode says the same beforehand."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ..running import run_module

# Of each kind: what makes it, and what asks for it.
KINDS = ("file", "folder", "link", "nothing")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MODES = st.sampled_from([None, "0600", "0644"])
THINGS = st.tuples(st.sampled_from(KINDS), TEXTS, MODES)


def put(path: Path, kind: str, text: str, mode: str | None) -> None:
    """Have something at a path."""
    if kind == "file":
        path.write_text(text, "utf-8", newline="")
        path.chmod(int(mode or "0644", 8))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(f"to-{len(text)}")


def asked(path: Path, kind: str, text: str, mode: str | None) -> dict[str, Any]:
    """Return the options that ask for something at a path."""
    if kind == "nothing":
        return {"absent": [str(path)]}
    row = {"path": str(path), "content": text, "mode": mode}
    if kind == "link":
        row = {"path": str(path), "link": f"to-{len(text)}"}
    elif kind == "folder":
        row = {"path": str(path)}
    return {"present": [row]}


def there(folder: Path) -> dict[str, tuple[str, int]]:
    """Return what is in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        text = os.readlink(path) if path.is_symlink() else path.read_bytes().decode() if path.is_file() else "/"
        found[str(path.relative_to(folder))] = (text, path.lstat().st_mode)
    return found


@given(before=THINGS, wanted=THINGS)
def test_four_cells(before: tuple[str, str, str | None], wanted: tuple[str, str, str | None]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "it"
        put(path, *before)
        first = there(folder)
        options = asked(path, *wanted)
        planned = run_module("role_files", options, check=True, diff=True)
        assert there(folder) == first
        done = run_module("role_files", options, diff=True)
        for result in (planned, done):
            result.pop("invocation", None)
        assert planned == done
        if before[0] != wanted[0] and "folder" in (before[0], wanted[0]) and before[0] != "nothing":
            assert done["msg"].startswith(f"{path}: a {before[0]} is there")
            assert there(folder) == first
            return
        assert done["changed"] == bool(done["diff"]) == bool(done["made"] + done["removed"]) == (there(folder) != first)
        with tempfile.TemporaryDirectory() as other:
            put(Path(other) / "it", *wanted)
            texts = [{name: text for name, (text, _mode) in there(one).items()} for one in (folder, Path(other))]
        assert texts[0] == texts[1]
        if wanted[0] == "file" and wanted[2]:
            assert path.stat().st_mode & 0o777 == int(wanted[2], 8)
        for check in (True, False):
            again = run_module("role_files", options, check=check, diff=True)
            assert (again["changed"], again["diff"], again["made"], again["removed"]) == (False, [], [], [])


def test_folders_above_are_made_and_a_link_to_one_is_one(tmp_path: Path) -> None:
    """In check mode what is in folders that are still to be made is foreseen."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    rows = [
        {"path": str(tmp_path / "a" / "b"), "mode": "0755"},
        {"path": str(tmp_path / "a" / "b" / "file"), "content": "text\n", "mode": "0644"},
        {"path": str(tmp_path / "link"), "mode": "0700"},
    ]
    for check in (True, False):
        result = run_module("role_files", {"present": rows}, check=check)
        assert result["made"] == [str(tmp_path / "a" / "b"), str(tmp_path / "a" / "b" / "file")]
    assert (tmp_path / "a" / "b" / "file").read_text() == "text\n"
    assert (tmp_path / "link").is_symlink()


def test_what_cannot_be_is_told_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    gone = run_module("role_files", {"present": [{"path": str(tmp_path / "no" / "x"), "content": ""}]})
    assert gone["msg"] == f"{tmp_path}/no/x: No such file or directory."
    pipe = run_module("role_files", {"absent": [str(tmp_path / "pipe")]})
    assert pipe["msg"].startswith(f"{tmp_path}/pipe: a device, pipe or socket is there, which is not wanted;")
    assert (tmp_path / "pipe").is_fifo()
    both = {"path": str(tmp_path / "x"), "content": "", "link": "y"}
    assert "mutually exclusive" in run_module("role_files", {"present": [both]})["msg"]


def test_what_is_removed_goes_first(tmp_path: Path) -> None:
    """A path that is in both is made anew."""
    path = tmp_path / "x"
    path.symlink_to("elsewhere")
    result = run_module(
        "role_files", {"absent": [str(path)], "present": [{"path": str(path), "content": "text"}]}, diff=True
    )
    assert (result["made"], result["removed"], path.read_text()) == ([str(path)], [str(path)], "text")


def test_what_was_in_a_file_that_is_removed_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("KEY=secret\n")
    for check in (True, False):
        result = run_module("role_files", {"absent": [str(path)]}, check=check, diff=True)
        assert [row["before"] for row in result["diff"]] == ["file\n"]
        assert "secret" not in str(result)
