# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an entry is: what its line says, and where the line stands."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

# What a line is, by its form.
STRUCTURED, TEXT, AUDIT, OFFERED, PROFILE, RAW, UNREADABLE = (
    "structured",
    "text",
    "audit",
    "offered",
    "profile",
    "raw",
    "unreadable",
)


class Facts(TypedDict, total=False):
    """What a line says, as far as it says it.

    ``time`` is in milliseconds since 1970, ``written`` the same as it stands there; ``duration`` in milliseconds;
    ``severity`` one of F, E, W, I, D, D1 to D5. ``operation`` is the command's name (``find``) and ``kind`` the kind of
    operation that it is (``command``); ``shape`` a hash of the shape of the query, as the server gives it; ``command`` the
    statement, from which the shape is computed where it gives none. ``result`` is 0, or the code that an audited action
    failed with. ``index`` is what the cloud recommends. ``reason`` says why a line, or part of it, could not be read.
    """

    form: str
    time: int
    written: str
    severity: str
    component: str
    message: str
    context: str
    id: int
    namespace: str
    operation: str
    kind: str
    duration: int
    docs_examined: int
    keys_examined: int
    returned: int
    plan: str
    shape: str
    command: Any
    index: str
    user: str
    address: str
    port: int
    app: str
    result: int
    truncated: bool
    reason: str


class Origin(NamedTuple):
    """Where lines stand: whose they are, in which unit and file.

    ``folder`` is that of the instance, relative to the archive, and ``path`` that of the file, relative to it. ``begin`` is
    the begin of the unit's time, where it is known, in milliseconds.
    """

    folder: str
    provider: str
    region: str
    project: str
    instance: str
    node: str
    log_type: str
    unit: str
    path: str
    sha256: str
    begin: int | None


class Entry(NamedTuple):
    """A line, what it says, and its number within its member, from 1."""

    number: int
    line: bytes
    facts: Facts


def line_text(line: bytes) -> str:
    """Return a line as text. What is no UTF-8 stands as ``\\xNN``."""
    return line.decode("utf-8", "backslashreplace")
