# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an archive as anybody could who has only its description: without a line of the collection's code.

demo_archive.py ARCHIVE prints what is in it, and fails when something in it is not as its ledgers say.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What only a request or a signed link has in it.
SIGNATURE = re.compile(rb"(?:Signature|AccessKeyId|X-Amz-[A-Za-z]+|Expires)(?:=|%3D)\w|SDK-HMAC-SHA256 ", re.IGNORECASE)


class BrokenError(Exception):
    """The archive is not as its ledgers say."""


@dataclass(frozen=True)
class Instance:
    """The folder of a cluster or an instance, and the events of its ledger."""

    folder: Path
    events: list[dict[str, Any]]
    head: str

    def held(self) -> list[dict[str, Any]]:
        """The newest event of every unit that has a file."""
        newest = {(event["node"], event["log_type"], event["unit"]): event for event in self.events if event["unit"]}
        return [event for event in newest.values() if event["status"] == "collected"]

    def checksums(self) -> str:
        """What `sha256sum --check` reads."""
        return "".join(f"{event['sha256']}  {event['path']}\n" for event in self.held())


def instances(archive: Path) -> list[Instance]:
    """Read every ledger of an archive, checking that each line names the SHA-256 of the one before it."""
    found = []
    for folder in sorted({path.parent for path in archive.glob("*/*/*/*/ledger-*.jsonl")}):
        head = "0" * 64
        events = []
        for ledger in sorted(folder.glob("ledger-*.jsonl")):
            for number, line in enumerate(ledger.read_bytes().splitlines(), start=1):
                event = json.loads(line)
                if event["prev"] != head:
                    raise BrokenError(f"The chain breaks at line {number} of {ledger}.")
                head = hashlib.sha256(line).hexdigest()
                events.append(event)
        found.append(Instance(folder, events, head))
    return found


def verify(instance: Instance) -> tuple[int, int]:
    """Compare every file with its line and return how many there are and their bytes; nothing else may lie about."""
    held = instance.held()
    total = 0
    for event in held:
        path = instance.folder / event["path"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BrokenError(f"{path} cannot be read: {error.strerror}.") from None
        if len(content) != event["size"]:
            raise BrokenError(f"{path} has {len(content)} bytes, its line says {event['size']}.")
        if hashlib.sha256(content).hexdigest() != event["sha256"]:
            raise BrokenError(f"{path} does not have the SHA-256 of its line.")
        total += len(content)
    files = {path for path in instance.folder.glob("*/**/*") if path.is_file()}
    unknown = files - {instance.folder / event["path"] for event in held}
    if unknown:
        raise BrokenError(f"{min(unknown)} has no line.")
    return len(held), total


def leaks(files: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """Name the files that hold a secret, or a piece of a request or of a signed link."""
    wanted = [secret.encode() for secret in secrets]
    found = []
    for path in files:
        content = path.read_bytes()
        name = str(path).encode()
        if any(secret in content or secret in name for secret in wanted):
            found.append(f"{path} holds a key or a token")
        if SIGNATURE.search(content) or SIGNATURE.search(name):
            found.append(f"{path} holds a piece of a signed request")
    return found


def main() -> None:
    """Print what is in an archive."""
    archive = Path(sys.argv[1])
    try:
        for instance in instances(archive):
            files, size = verify(instance)
            print(f"{instance.folder.relative_to(archive)}: {files} files, {size} bytes, head {instance.head}")
    except BrokenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
