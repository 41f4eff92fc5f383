# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house is in order: what has to be said in two places is said in both, and the architecture is kept."""

from __future__ import annotations

import ast
import re

import pytest
import yaml
from ansible.utils.version import SemanticVersion
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, failures_table

ROOT = checkout.ROOT
FILES = checkout.git_files(ROOT)
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
NAME = "clouddb.mongodb_logs"
UTILS = f"ansible_collections.{NAME}.plugins.module_utils"

# module_utils from the ground up: what a part imports stands in an earlier row, and only itself knows a provider.
LAYERS = [
    {"_amounts", "_failures", "_hidden", "_threads", "_words"},
    {"_errors", "_progress"},
    {"_time"},
    {"_spans"},
    {"_patience"},
    {"_connection"},
    {"_argspec", "_http", "_reader"},
    {"_module"},
    {"_archive", "_dds", "_umongodb"},
    {"_collect", "_entries", "_mirror", "_report"},
    {"_doctor"},
    {
        "source",
        "exports",
        "queries",
        "slow_error",
        "options",
        "package",
        "deletion",
        "doctor",
    },  # of a provider: what it brings to the engine, or takes from it
]
PROVIDERS = {"_dds", "_umongodb"}

# Folders of people and the hosts that packages come from.
PRIVATE = re.compile(r"/(?:home|root|Users)/\w|\bpypi[.](?:org|python)|pythonhosted[.]org")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("provider", ["umongodb", "dds"])
def test_action_groups_have_every_module(provider: str) -> None:
    groups = yaml.safe_load(text("meta/runtime.yml"))["action_groups"]
    assert groups[provider] == [module for module in MODULES if module.startswith(f"{provider}_")]


def test_modules_belong_to_a_provider_or_to_the_archive() -> None:
    """All but those that are the documentation of a plugin which picks one."""
    others = [module for module in MODULES if not module.startswith(("umongodb_", "dds_", "log_archive_"))]
    assert [module for module in others if "def main(" in text(f"plugins/modules/{module}.py")] == []
    assert all(f"plugins/action/{module}.py" in FILES for module in others)


@pytest.mark.parametrize("module", MODULES)
def test_module_is_in_the_readme(module: str) -> None:
    assert re.search(rf"\b{module}\b", text("README.md"))


@pytest.mark.parametrize("module", MODULES)
def test_module_is_used_by_an_integration_target(module: str) -> None:
    used = re.compile(rf"\b{NAME}\.{module}:")
    assert [name for name in FILES if name.startswith("tests/integration/targets/") and used.search(text(name))]


def test_module_utils_are_private() -> None:
    files = [name.removeprefix("plugins/module_utils/") for name in FILES if name.startswith("plugins/module_utils/")]
    assert [name for name in files if not name.startswith("_")] == []


def imported(name: str) -> set[str]:
    """Return the parts of module_utils that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(UTILS):
            below = node.module.removeprefix(UTILS).strip(".")
            found |= {below.split(".")[0]} if below else {alias.name for alias in node.names}
    return found


def test_imports_point_in_one_direction() -> None:
    row = {part: number for number, parts in enumerate(LAYERS) for part in parts}
    wrong = []
    for name in (name for name in FILES if name.startswith("plugins/module_utils/")):
        part, *file = name.removeprefix("plugins/module_utils/").removesuffix(".py").split("/")
        own = row.get(file[0] if file else part, row[part])
        wrong += [
            f"{name} imports {other}" for other in imported(name) - {part} if row[other] >= own or other in PROVIDERS
        ]
    assert wrong == []


def test_every_script_names_its_license() -> None:
    scripts = [name for name in FILES if name.endswith(".py") or text(name).startswith("#!")]
    unnamed = [name for name in scripts if "SPDX-License-Identifier: GPL-3.0-or-later" not in text(name)[:500]]
    assert [name for name in unnamed if text(name)] == []


def test_no_file_names_a_private_place() -> None:
    assert [f"{name}: {match[0]}" for name in FILES for match in PRIVATE.finditer(text(name))] == []


def test_version_is_not_behind_the_changelog() -> None:
    version = yaml.safe_load(text("galaxy.yml"))["version"]
    released = yaml.safe_load(text("changelogs/changelog.yaml"))["releases"]
    assert all(SemanticVersion(release) <= SemanticVersion(version) for release in released)
    assert version in released or any(name.startswith("changelogs/fragments/") for name in FILES)


def test_the_troubleshooting_guide_says_what_the_code_says() -> None:
    guide = failures_table.GUIDE.read_text("utf-8")
    assert guide == failures_table.renewed(guide), "run tests/tools/failures_table.py"


# Modules of two providers that give the same results; what is documented in words of a provider's own is named.
TWINS = [
    (
        "dds_log_archive",
        "umongodb_log_archive",
        {"archive", "counts", "failures", "notices", "packages_asked", "plan", "units"},
    ),
    ("dds_doctor", "umongodb_doctor", {"checks"}),
]


@pytest.mark.parametrize(("one", "other", "own"), TWINS)
def test_results_of_twins_are_documented_alike(one: str, other: str, own: set[str]) -> None:
    """Fragments hold no RETURN blocks that ansible-core 2.18 would show, so these stand twice."""
    blocks = [
        yaml.safe_load(text(f"plugins/modules/{name}.py").split('RETURN = r"""')[1].split('"""')[0])
        for name in (one, other)
    ]
    shared = [
        {name: block for name, block in found.items() if name in blocks[0].keys() & blocks[1].keys()}
        for found in blocks
    ]
    assert shared[0]
    assert {name for name in shared[0] if shared[0][name] != shared[1][name]} == own
    for name in own:
        assert shared[0][name]["type"] == shared[1][name]["type"]


def test_what_modules_that_read_entries_have_in_common_is_documented_alike() -> None:
    names = ("search", "slow", "export")
    blocks = [
        yaml.safe_load(text(f"plugins/modules/log_archive_{name}.py").split('RETURN = r"""')[1].split('"""')[0])
        for name in names
    ]
    for several in (("files_read", "files_total"), ("unread", "unread_count", "failure")):
        for name in several:
            found = [block[name] for block in blocks if name in block]
            assert len(found) >= 2
            assert all(one == found[0] for one in found), name
