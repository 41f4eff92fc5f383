# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the entries of a unit for other systems: a file of its own, or sent to a receiver."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree, explained, write_all
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import part_path, safe_name
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import ecs, otlp
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import (
    AUDIT,
    PROFILE,
    STRUCTURED,
    Entry,
    Facts,
    line_text,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.reading import entries, parts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.structured import SLOW
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

OTLP, ECS = "otlp", "ecs"
FORMATS = [OTLP, ECS]
REDACTABLE = ["statement", "user", "address", "app", "namespace", "plan"]

VERSION = "0.3.0"

# What is written, or sent, at a time.
_PIECE = 1024 * 1024
_LEVEL = 5


class Form(NamedTuple):
    """How entries are written."""

    format: str = OTLP
    compress: bool = False
    redact: frozenset[str] = frozenset()


class Receiver(NamedTuple):
    """Where records are sent to, and the options of the connection."""

    url: str
    headers: Mapping[str, str]
    connection: Mapping[str, Any]


class Made(NamedTuple):
    """What came of a unit: how many entries and bytes; ``part`` is the file that waits for its name."""

    entries: int
    bytes: int
    part: str = ""
    unread: Sequence[dict[str, Any]] = ()


def path_of(unit: Unit, form: Form, *, ambiguous: bool) -> str:
    """Return where the file of a unit stands below the destination. ``ambiguous`` instances share their id with another."""
    origin = unit.origin
    day = iso((origin.begin or 0) // 1000)[:10]
    name = f"{origin.instance}-{origin.node}-{origin.log_type}-{origin.unit}"
    if ambiguous:
        name += "-" + hashlib.sha256(origin.folder.encode()).hexdigest()[:12]
    return f"{day}/{safe_name(name, origin.folder + origin.unit)}.ndjson{'.gz' if form.compress else ''}"


def count(unit: Unit, form: Form) -> Made:
    """Return how many entries a unit has. Raises ArchiveError when it cannot be read."""
    unread: list[dict[str, Any]] = []
    return Made(sum(1 for _line in _lines(unit, form, unread)), 0, "", unread)


def write(unit: Unit, form: Form, tree: Tree, path: str) -> Made:
    """Write the entries of a unit into a file that waits for its name beside its place. Raises ArchiveError."""
    unread: list[dict[str, Any]] = []
    number = 0
    # Nobody else writes it, be it a run that was killed and has not ended everywhere.
    part = part_path(f"{path}.{os.getpid()}")
    with tree.writing(part) as descriptor, explained(os.path.join(tree.root, part)):
        os.ftruncate(descriptor, 0)
        with _sink(descriptor, form) as put:
            for piece, lines in _pieces(_lines(unit, form, unread)):
                put(piece)
                number += lines
        os.fsync(descriptor)
        size = os.fstat(descriptor).st_size
    return Made(number, size, part, unread)


def send(unit: Unit, form: Form, receiver: Receiver) -> Made:
    """Send the entries of a unit to a receiver of OTLP over HTTP. Raises ArchiveError and CloudError."""
    unread: list[dict[str, Any]] = []
    http = Http.of(receiver.connection)
    before, after = otlp.envelope(unit.origin, VERSION)
    number = size = 0
    for piece, lines in _pieces((line[len(before) : -len(after)] for line in _lines(unit, form, unread)), ","):
        body = f"{before}{piece.decode('utf-8').rstrip(',')}{after}".encode()
        size += len(body)
        headers = {**receiver.headers, "Content-Type": "application/json"}
        if form.compress:
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        # Sent once more where it may have arrived: at least once is the promise, and records have ids.
        http.read(lambda body=body, headers=headers: Request("POST", receiver.url, headers, body), _judged)  # type: ignore[misc]
        number += lines
    return Made(number, size, "", unread)


def _judged(answer: Answer) -> None:
    """Raise CloudError for an answer that does not say that all records were taken."""
    if answer.status != 200:
        raise CloudError(
            f"{answer.host} took no records: HTTP {answer.status}.",
            code=str(answer.status),
            status=answer.status,
            passing=is_passing(answer.status),
            throttled=answer.status == 429,
            retry_after=answer.retry_after,
        )
    rejected = (answer.json().get("partialSuccess") or {}).get("rejectedLogRecords") if answer.body.strip() else None
    if rejected not in (None, 0, "0"):
        raise CloudError(
            f"{answer.host} took some of the records and refused {rejected}.",
            code="rejected",
            hint="Look into its log.",
        )


class _Plain:
    """Writes pieces as they are."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> Callable[[bytes], object]:
        return self.put

    def put(self, piece: bytes) -> None:
        """Write a piece."""
        write_all(self._descriptor, piece)

    def __exit__(self, *_error: object) -> None:
        pass


class _Gzip:
    """Writes pieces as one gzip, the same for the same pieces."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(os.dup(descriptor), "wb")
        self._gzip = gzip.GzipFile("", "wb", _LEVEL, self._file, mtime=0)

    def __enter__(self) -> Callable[[bytes], object]:
        return self._gzip.write

    def __exit__(self, *_error: object) -> None:
        self._gzip.close()
        self._file.close()


def _sink(descriptor: int, form: Form) -> _Plain | _Gzip:
    return _Gzip(descriptor) if form.compress else _Plain(descriptor)


def _pieces(lines: Iterator[str], end: str = "\n") -> Iterator[tuple[bytes, int]]:
    """Yield lines together, with how many they are."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            yield (end.join(held) + end).encode("utf-8", "replace"), len(held)
            held, size = [], 0
    if held:
        yield (end.join(held) + end).encode("utf-8", "replace"), len(held)


def _lines(unit: Unit, form: Form, unread: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the entries of a unit, each a line of what is exported."""
    origin = unit.origin
    before, after = otlp.envelope(origin, VERSION)
    common = ecs.about(origin)
    with unit.opened() as (file, size):
        for member, block in parts(file, size):
            if block.reason:
                unread.append({"file": unit.file, "member": member, "line": block.number, "reason": block.reason})
            name = hashlib.sha256(
                "\0".join((origin.folder, origin.sha256, member, "")).encode("utf-8", "surrogateescape")
            )
            place = {"file": unit.file, "member": member, "number": 0}
            for entry in entries(block):
                if unit.is_covered(entry.facts.get("time")):
                    continue
                own = name.copy()
                own.update(b"%d" % entry.number)
                place["number"] = entry.number
                facts, body = _redacted(entry, form.redact) if form.redact else (entry.facts, line_text(entry.line))
                if form.format == OTLP:
                    yield f"{before}{otlp.record(facts, body, own.hexdigest(), place)}{after}"
                else:
                    yield ecs.document(facts, body, own.hexdigest(), place, origin, common)


def _redacted(entry: Entry, fields: frozenset[str]) -> tuple[Facts, str]:
    """Return the facts without the fields, and what stands in place of the line, which has them all."""
    facts: dict[str, Any] = {name: value for name, value in entry.facts.items() if name not in fields}
    # The server's own words have no values where it writes them apart.
    safe = facts["form"] in (STRUCTURED, AUDIT, PROFILE) or facts.get("message") == SLOW
    if not safe:
        facts.pop("message", None)
    # The reason of a line that cannot be read may show some of it.
    if "reason" in facts:
        facts["reason"] = "it cannot be read"
    return facts, str(facts.get("message", "(redacted)"))  # type: ignore[return-value]
