# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding instances in an archive, and reading them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput

from ...archives import FIRST, Made


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An archive of three instances."""
    for instance, provider in (("one", "umongodb"), ("two", "umongodb"), ("three", "dds")):
        Made(tmp_path, instance, provider).collected(0)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (Chosen(), ["dds/cn-bj2/default/three", "umongodb/cn-bj2/default/one", "umongodb/cn-bj2/default/two"]),
        (Chosen("dds"), ["dds/cn-bj2/default/three"]),
        (Chosen(region="cn-bj2", instances=("one",)), ["umongodb/cn-bj2/default/one"]),
        (Chosen(region="elsewhere"), []),
        (Chosen("umongodb", project="default"), ["umongodb/cn-bj2/default/one", "umongodb/cn-bj2/default/two"]),
        (Chosen(project="other"), []),
    ],
)
def test_what_is_chosen_is_found(archive: str, chosen: Chosen, found: list[str]) -> None:
    assert survey.folders(archive, chosen) == found
    assert [held.folder for held in survey.holdings(archive, chosen)] == found


def test_an_instance_that_is_not_there_is_named(archive: str) -> None:
    with pytest.raises(BadInput, match="no instance four"):
        survey.folders(archive, Chosen(instances=("one", "four")))
    with pytest.raises(BadInput, match="no instance one"):
        survey.folders(archive, Chosen("dds", instances=("one",)))


def test_one_instance_is_one(archive: str) -> None:
    assert survey.only_folder(archive, Chosen(instances=("three",))) == "dds/cn-bj2/default/three"
    with pytest.raises(BadInput, match="these are: dds/cn-bj2/default/three, umongodb"):
        survey.only_folder(archive, Chosen())
    with pytest.raises(BadInput, match="these are: none"):
        survey.only_folder(archive, Chosen(region="elsewhere"))


def test_an_archive_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="There is no archive at"):
        survey.folders(str(tmp_path / "nowhere"), Chosen())


def test_an_archive_of_nothing_is_an_error_for_who_needs_something(archive: str, tmp_path: Path) -> None:
    assert survey.some_folders(archive, Chosen("dds")) == ["dds/cn-bj2/default/three"]
    (tmp_path / "unmounted").mkdir()
    for where, chosen in ((str(tmp_path / "unmounted"), Chosen()), (archive, Chosen(region="elsewhere"))):
        with pytest.raises(ArchiveError, match="holds no instance of those that were chosen") as caught:
            survey.some_folders(where, chosen)
        assert caught.value.code == "no_instance"


def test_nodes_are_those_of_which_anything_is_known(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.collected(0)
    made.opened(Series("opened", "slow"))
    made.noted(Series("noted", "error"))
    nodes = survey.holding(str(tmp_path), made.folder).nodes
    assert nodes == {"node-1", "opened", "noted"}
    survey.check_nodes(Chosen(), nodes)
    survey.check_nodes(Chosen(nodes=("noted", "node-1")), nodes)
    with pytest.raises(BadInput, match="holds nothing of node-9; it has node-1, noted, opened"):
        survey.check_nodes(Chosen(nodes=("noted", "node-9")), nodes)


def test_a_folder_that_cannot_be_read_hides_no_other(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, names = survey.folders(archive, Chosen()), Tree.names

    def shut(tree: Tree, path: str) -> list[str]:
        if tree.root.endswith("three"):
            raise ArchiveError("three: Permission denied.")
        return names(tree, path)

    monkeypatch.setattr(Tree, "names", shut)
    assert survey.folders(archive, Chosen()) == before


@pytest.mark.parametrize("level", ["dds", "dds/cn-bj2", "dds/cn-bj2/default", "dds/cn-bj2/default/three"])
def test_no_symbolic_link_is_followed(archive: str, level: str) -> None:
    before = survey.folders(archive, Chosen())
    os.symlink(Path(archive, level), Path(archive, level).parent / "link")
    assert survey.folders(archive, Chosen()) == before


@pytest.mark.parametrize("chosen", [Chosen(), Chosen("dds", "cn-bj2", "default", ("three",))])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("level", ["dds", "dds/cn-bj2", "dds/cn-bj2/default", "dds/cn-bj2/default/three"])
def test_a_symbolic_link_in_place_of_a_folder_is_told(
    archive: str, tmp_path_factory: pytest.TempPathFactory, level: str, inside: bool, chosen: Chosen
) -> None:
    moved = Path(archive, "umongodb", "moved") if inside else tmp_path_factory.mktemp("outside") / "moved"
    Path(archive, level).rename(moved)
    Path(archive, level).symlink_to(moved)
    if inside and chosen == Chosen():
        assert level.rpartition("/")[2] not in [Path(folder).name for folder in survey.folders(archive, chosen)]
        return  # what it leads to is looked at where it stands
    with pytest.raises(ArchiveError, match="is a symbolic link, which was not followed") as caught:
        list(survey.holdings(archive, chosen))
    assert caught.value.message.startswith(f"{archive}/{level} is")


def test_of_an_instance_whose_folder_is_a_link_only_its_reader_is_told(
    archive: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = survey.folders(archive, Chosen())
    moved = tmp_path_factory.mktemp("outside") / "moved"
    Path(archive, before[0]).rename(moved)
    Path(archive, before[0]).symlink_to(moved)
    assert survey.folders(archive, Chosen()) == before
    with pytest.raises(ArchiveError, match="is a symbolic link"), survey.writing(archive, before[0], 0, FIRST):
        pytest.fail("opened")
    assert [survey.holding(archive, one).folder for one in before[1:]] == before[1:]


def test_folders_that_are_no_instance_are_passed_by(archive: str) -> None:
    before = survey.folders(archive, Chosen())
    lost = Path(archive, "lost+found", "a", "b", "c")
    lost.mkdir(parents=True)
    (lost / "status.json").write_text("{}")
    Path(archive, "dds", "cn-bj2", "default", "empty").mkdir()
    Path(archive, "dds", "cn-bj2", "default", "file").touch()
    assert survey.folders(archive, Chosen()) == before


def test_who_an_instance_is_stands_in_its_ledger_when_no_folder_can_have_the_name(tmp_path: Path) -> None:
    made = Made(tmp_path, "a:b")
    made.collected(0)
    assert made.folder.endswith("a_b-" + made.folder[-12:])
    [held] = survey.holdings(str(tmp_path), Chosen(instances=("a:b",)))
    assert held.identity == made.identity
    assert held.ledger.units == made.ledger.units


def test_a_status_tells_too_and_else_the_folders_do(tmp_path: Path) -> None:
    made = Made(tmp_path, "a:b")
    made.noted(last_attempt="2026-03-01T00:00:00Z")
    assert survey.holding(str(tmp_path), made.folder).identity["instance"] == "a:b"
    for text in ("", "[]", "{", "[" * 200_000, json.dumps({"instance": 7}), json.dumps({"instance": "other"})):
        (made.path / "status.json").write_text(text)
        assert survey.holding(str(tmp_path), made.folder).identity["instance"] == made.path.name


def test_new_files_get_the_modes_of_the_folder(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.collected(0)
    made.path.chmod(0o770)
    held = survey.holding(str(tmp_path), made.folder)
    held.ledger.append(list(held.ledger.units.values()), FIRST + 10**7)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in sorted(made.path.glob("ledger-*"))]
    assert modes == [0o640, 0o660]


def test_nothing_is_cut_and_files_stay_for_the_next_run_to_mend(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.collected(0)
    part = made.file("node-1/slow/2026/03/01/.x.part")
    with survey.writing(str(tmp_path), made.folder, 0, FIRST):
        assert part.exists()  # the run before came to an orderly end: it is none of its
        with pytest.raises(ArchiveError, match="is being written by"), survey.writing(str(tmp_path), made.folder, 0, 0):
            pass
    made.file(".lock", b"{}\n")
    [ledger] = made.path.glob("ledger-*")
    before = ledger.read_bytes()
    ledger.write_bytes(before + b"torn")
    with survey.writing(str(tmp_path), made.folder, 0, FIRST) as held:
        assert part.exists()
        assert ledger.read_bytes() == before + b"torn"
        assert len(held.ledger.units) == 1
    assert (made.path / ".lock").stat().st_size > 0  # the next run still sees that one was killed


def test_series_are_chosen_by_node_and_type() -> None:
    series = Series("n", "slow")
    assert Chosen(nodes=("n",)).has(series)
    assert not Chosen(nodes=("m",)).has(series)
    assert not Chosen(log_types=("audit",)).has(series)
    options = {"provider": None, "region": "r", "project_id": None, "node_ids": ["n"], "log_types": None}
    assert Chosen.of(options) == Chosen(region="r", nodes=("n",))
