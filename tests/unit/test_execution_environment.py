# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment that the guide has built, as far as that goes without an engine for containers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "docs" / "execution_environment" / "execution-environment.yml"
BUILDER = Path(sys.executable).with_name("ansible-builder")


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [BUILDER, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_can_be_built(tmp_path: Path) -> None:
    run("create", "-f", DEFINITION, "-c", tmp_path / "context", "--output-filename", "Containerfile", cwd=tmp_path)
    recipe = (tmp_path / "context" / "Containerfile").read_text("utf-8")
    context = tmp_path / "context" / "_build"
    definition = yaml.safe_load(DEFINITION.read_text("utf-8"))
    assert f'EE_BASE_IMAGE="{definition["images"]["base_image"]["name"]}"' in recipe
    for name in ("ansible_core", "ansible_runner"):
        assert definition["dependencies"][name]["package_pip"] in recipe
    wanted = yaml.safe_load((context / "requirements.yml").read_text("utf-8"))
    assert wanted == {"collections": [{"name": "clouddb.mongodb_logs"}]}


def test_its_versions_are_those_that_are_tested() -> None:
    pins = (ROOT / "constraints-dev.txt").read_text("utf-8")
    dependencies = yaml.safe_load(DEFINITION.read_text("utf-8"))["dependencies"]
    named = [dependencies[name]["package_pip"] for name in ("ansible_core", "ansible_runner")] + dependencies["python"]
    for pin in named:
        assert re.search(rf"^{re.escape(pin)}\b", pins, re.MULTILINE)


def test_the_collection_asks_for_what_it_needs(tmp_path: Path) -> None:
    """What a build finds in the collection itself."""
    place = tmp_path / "ansible_collections" / "clouddb"
    place.mkdir(parents=True)
    (place / "mongodb_logs").symlink_to(ROOT)
    found = yaml.safe_load(run("introspect", tmp_path, cwd=tmp_path).split("\n", 1)[1])
    asked = [line.split("#")[0].strip() for line in found["python"]]
    assert asked == (ROOT / "requirements.txt").read_text("utf-8").split()
