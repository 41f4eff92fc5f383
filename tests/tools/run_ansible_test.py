# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ansible-test on a copy of the checkout, outside of it: it resolves links, and takes what git ignores for nothing.

Usage: run_ansible_test.py sanity [arguments], run_ansible_test.py integration [targets]
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import ansible_test
from ansible.release import __version__ as ansible_version
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout
from ansible_test._internal.python_requirements import get_venv_packages

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HOME = Path.home() / ".ansible" / "test"

# ansible-test makes environments without pip and fetches this file from a web host that closed networks do not reach.
GET_PIP = """import ensurepip
ensurepip.bootstrap(default_pip=True)
"""

# The tests would take pylint as long again as all that is shipped; ruff and mypy read them.
WHOLE = [["--skip-test", "pylint"], ["--test", "pylint", "plugins/"]]

# What unittest says of a test that was left out.
SKIPPED = re.compile(r"\.\.\. skipped (['\"])(.*)\1$", re.MULTILINE)


class Counts(NamedTuple):
    passed: int
    failed: int
    skipped: set[str]


class AnsibleTest:
    """ansible-test, working on a tree.

    It puts the interpreter's path into a `#!` line, where a space ends it: `venv` is a link to the virtual environment
    at a path without one.
    """

    def __init__(self, tree: Path, venv: Path) -> None:
        self.tree = tree
        self.python = str(venv / "bin" / "python")
        folders = os.environ["PATH"].split(os.pathsep)
        # pyenv's shims may lead to no interpreter
        folders = [str(venv / "bin"), *(folder for folder in folders if Path(folder).name != "shims")]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment["PATH"] = os.pathsep.join(folders)
        venv.symlink_to(sys.prefix)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, "-m", "ansible", "test", *arguments, "--color", "no"],
            cwd=self.tree,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def listed(self, *arguments: str) -> set[str]:
        process = self.start(*arguments)
        output = process.communicate()[0]
        if process.returncode:
            sys.exit(output)
        return {line for line in output.splitlines() if line and not line.startswith("WARNING")}

    def prime(self, tests: set[str]) -> None:
        """Make the environments of the sanity tests two at a time; ansible-test makes one after the other."""
        done = checkout.CACHE / f"primed-{ansible_version}-{PYTHON}"
        if done.exists():
            return

        def prime_one(test: str) -> str:
            process = self.start("sanity", "--prime-venvs", "--python", PYTHON, "--test", test)
            output = process.communicate()[0]
            return output if process.returncode else ""

        requirements = Path(ansible_test.__file__).parent / "_data" / "requirements"
        wanted = {path.name.split(".")[1] for path in requirements.glob("sanity.*.txt")}
        # They lie in the home, where another checkout may be at the same.
        HOME.mkdir(parents=True, exist_ok=True)
        with (HOME / "mongodb_logs.lock").open("w") as lock, ThreadPoolExecutor(2) as pool:
            fcntl.flock(lock, fcntl.LOCK_EX)
            provide_get_pip()
            errors = "".join(pool.map(prime_one, sorted(wanted & tests)))
        if errors:
            sys.exit(errors)
        done.touch()

    def sanity(self, arguments: list[str]) -> Counts:
        known = self.listed("sanity", "--list-tests")
        self.prime(known)
        ran: set[str] = set()
        failed = 0
        for run in [arguments] if arguments else WHOLE:
            process = self.start("sanity", "--python", PYTHON, *run)
            assert process.stdout is not None
            named = 0
            for line in process.stdout:
                print(line, end="", flush=True)
                if match := re.match(r'Running sanity test "([^"]+)"', line):
                    ran.add(match[1])
                elif match := re.match(r'WARNING: Required program "([^"]+)" not found', line):
                    ran.discard(match[1])  # the test has the program's name
                elif match := re.match(r"FATAL: The (\d+) sanity test", line):
                    named = int(match[1])
            failed += named or int(process.wait() != 0)
        return Counts(
            max(len(ran) - failed, 0),
            failed,
            set() if arguments else {f"{name}: ansible-test left it out" for name in known - ran},
        )

    def integration(self, targets: list[str]) -> Counts:
        """A run of ansible-test for each target, two at a time.

        With TARGET_PYTHON set, modules run on that interpreter. ansible-test hands that on to targets that are roles;
        the others call ansible-playbook as they please, and are left out.
        """
        skipped: set[str] = set()
        targets = targets or sorted(self.listed("integration", "--list-targets"))
        folder = self.tree / "tests" / "integration"
        if python := os.environ.get("TARGET_PYTHON"):
            (folder / "integration_config.yml").write_text(json.dumps({"target_python": python}))
            targets = [target for target in targets if not (folder / "targets" / target / "runme.sh").exists()]

        def passes(target: str) -> bool:
            begin = time.monotonic()
            process = self.start("integration", "--local", "--python", PYTHON, target)
            output = process.communicate()[0]
            print(f"===== {target}, {time.monotonic() - begin:.0f} s\n{output}", flush=True)
            skipped.update(f"{target}: {match[2]}" for match in SKIPPED.finditer(output))
            return process.returncode == 0 and f"Running {target} integration test" in output

        # ansible-test wants an SSH key for hosts elsewhere, and two runs would both try to make it.
        for name in ("id_rsa", "id_rsa.pub"):
            key = self.tree / "tests" / "output" / ".tmp" / name
            key.parent.mkdir(parents=True, exist_ok=True)
            key.write_text("Nothing is tested on another host.\n")

        with ThreadPoolExecutor(2) as pool:
            passed = sum(pool.map(passes, targets))
        return Counts(passed, len(targets) - passed, skipped)


def provide_get_pip() -> None:
    version = get_venv_packages(SimpleNamespace(version=PYTHON))["pip"]
    place = HOME / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.write_text(GET_PIP)


def main() -> int:
    command, arguments = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        tree, files = checkout.copy(Path(folder))
        tool = AnsibleTest(tree, Path(folder) / "venv")
        unseen = set(files) - tool.listed("env", "--list-files")
        if unseen:
            sys.exit(f"ansible-test sees all but {len(unseen)} of {len(files)} files: {', '.join(sorted(unseen)[:5])}")
        counts = tool.sanity(arguments) if command == "sanity" else tool.integration(arguments)
    for name in sorted(counts.skipped):
        print(f"SKIPPED {name}")
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
