# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud of the demo: an emulator as a process of its own, and the keys to it."""

from __future__ import annotations

import json
import locale
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout


class DemoError(Exception):
    """What went wrong, in a sentence."""


class Emulator:
    """The emulator as a process of its own."""

    def __init__(self, ready: Path, log_path: Path) -> None:
        log = log_path.open("w")
        command = [sys.executable, str(checkout.ROOT / "tests" / "emulator"), "--port", "0", "--ready-file", str(ready)]
        command += ["--export-seconds", "0.1"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise DemoError(f"The emulator did not start; {log_path} says why.")
            time.sleep(0.02)
        self.facts: dict[str, Any] = json.loads(ready.read_text())
        # so that an hour which ends between two runs changes no export
        self.control("world", {"set": {"export_every": 86400}})

    def control(self, what: str, body: Any = None) -> Any:
        """Ask the emulator for something or, with a body, to do something."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.facts['url']}/_emulator/{what}", data)
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def secrets(self) -> list[str]:
        """Every key and token that the emulator knows."""
        world = self.control("world")
        accounts = [*world["ucloud_accounts"], *world["huawei_accounts"], *world["tokens"]]
        names = ("public_key", "private_key", "access_key", "secret_key", "security_token", "token")
        return [account[name] for account in accounts for name in names if account.get(name)]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def utf8_locale() -> str:
    """A locale of UTF-8 that this machine has."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        return name
    raise DemoError("No locale of UTF-8 was found, which Ansible needs; install C.UTF-8 or en_US.UTF-8.")


def environment(facts: dict[str, Any], settings: Path) -> dict[str, str]:
    """The environment of ansible-playbook: the keys are here and nowhere else, and nobody's settings interfere."""
    foreign = re.compile(r"(ANSIBLE|UCLOUD|HW|HUAWEICLOUD)_|(https?|all)_proxy$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    if "ANSIBLE_COLLECTIONS_PATH" in os.environ:
        kept["ANSIBLE_COLLECTIONS_PATH"] = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    return kept | {
        "ANSIBLE_CONFIG": str(settings),
        "LC_ALL": utf8_locale(),  # Ansible starts with no other
        "UCLOUD_PUBLIC_KEY": facts["umongodb"]["public_key"],
        "UCLOUD_PRIVATE_KEY": facts["umongodb"]["private_key"],
        "HW_ACCESS_KEY": facts["dds"]["access_key"],
        "HW_SECRET_KEY": facts["dds"]["secret_key"],
    }
