# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the tarball, installs it into an empty folder, and uses there what it brings, on the emulator it brings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout

NAME = "clouddb.mongodb_logs"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def build(work: Path, tree: Path) -> Path:
    run("ansible-galaxy", "collection", "build", "--output-path", work, cwd=tree)
    (tarball,) = work.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        hidden = [name for name in archive.getnames() if any(part.startswith(".") for part in Path(name).parts)]
    if hidden:
        sys.exit(f"Files that do not belong into the tarball: {', '.join(hidden)}")
    return tarball


def documented(work: Path, kind: str, names: list[str], environment: dict[str, str]) -> None:
    if not names:
        return
    full_names = [f"{NAME}.{name}" for name in names]
    documents = json.loads(run("ansible-doc", "--json", "--type", kind, *full_names, cwd=work, **environment))
    missing = set(full_names) - set(documents)
    if missing:
        sys.exit(f"ansible-doc knows nothing of {', '.join(sorted(missing))}")
    print(f"documented: {kind} {', '.join(names)}")


def play(ready: dict[str, Any]) -> list[dict[str, Any]]:
    """A play that reads from both clouds, its credentials given once a provider."""
    umongodb = {key: ready["umongodb"][key] for key in ("api_url", "public_key", "private_key", "project_id")}
    umongodb["region"] = ready["umongodb"]["clusters"][0]["region"]
    dds = {key: ready["dds"][key] for key in ("endpoint", "iam_endpoint", "access_key", "secret_key", "region")}
    tasks: list[dict[str, Any]] = []
    for provider in ("umongodb", "dds"):
        tasks += [
            {"name": f"List {provider}", f"{NAME}.{provider}_instance_info": {}, "register": provider},
            {"name": f"Check {provider}", "ansible.builtin.assert": {"that": f"{provider}.instances | length > 1"}},
        ]
    return [
        {
            "name": "Use the installed collection",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "module_defaults": {f"group/{NAME}.umongodb": umongodb, f"group/{NAME}.dds": dds},
            "tasks": tasks,
        }
    ]


def use(work: Path, installed: Path, environment: dict[str, str]) -> None:
    ready = work / "ready.json"
    emulator = subprocess.Popen(
        [sys.executable, installed / "tests" / "emulator", "--port", "0", "--ready-file", ready],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 20
        while not ready.exists():
            if emulator.poll() is not None or time.monotonic() > until:
                sys.exit("The installed emulator does not start.")
            time.sleep(0.05)
        playbook = work / "use.yml"
        playbook.write_text(json.dumps(play(json.loads(ready.read_text()))))
        print(run("ansible-playbook", playbook, cwd=work, **environment))
    finally:
        emulator.terminate()
        emulator.wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tarball = build(work, checkout.copy(work / "source")[0])
        run("ansible-galaxy", "collection", "install", "--offline", "--force", "-p", work / "new", tarball, cwd=work)
        # Nothing but the installed collection is to be found.
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(work / "new"), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
        installed = work / "new" / "ansible_collections" / "clouddb" / "mongodb_logs"
        modules = sorted(path.stem for path in (installed / "plugins" / "modules").glob("*.py"))
        roles = sorted(path.parent.name for path in (installed / "roles").glob("*/meta"))
        documented(work, "module", modules, environment)
        documented(work, "role", roles, environment)
        use(work, installed, environment)
        shutil.copy(tarball, checkout.CACHE)
        print(f".cache/{tarball.name}: {tarball.stat().st_size // 1024} KiB, built, installed and used")


if __name__ == "__main__":
    main()
